// CreateUserPool and DescribeUserPool: what a pool has by default, what it refuses, and that a failure leaves nothing behind.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { publicPools, replicas, signingKeys } from '../../src/directory/records/user-pool.ts'
import { dropUnfinishedPools, unfinishedPools } from '../../src/directory/unfinished-pools.ts'
import { StoreFailure } from '../../src/store/store-errors.ts'
import { fault, startDirectory, type TestDirectory } from '../support/directory.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startDirectory()
})
afterAll(() => directory.close())

const create = async (input: Partial<Input<'CreateUserPool'>> = {}) => {
  const { UserPool } = await directory.call('CreateUserPool', { PoolName: 'test', ...input })
  if (UserPool?.Id === undefined) throw new Error('no pool was made')
  return { ...UserPool, Id: UserPool.Id }
}
const describePool = async (UserPoolId: string) =>
  (await directory.call('DescribeUserPool', { UserPoolId })).UserPool

test('a pool that asks for nothing has what Amazon gives it', async () => {
  const made = await create()
  expect(await describePool(made.Id)).toEqual(made)
  expect(made.Id).toMatch(/^us-east-1_[A-Za-z0-9]{9}$/)
  expect(made.CreationDate).toBeInstanceOf(Date)
  const { SchemaAttributes, CreationDate, LastModifiedDate, ...rest } = JSON.parse(JSON.stringify(made))
  expect(LastModifiedDate).toBe(CreationDate)
  expect(rest).toEqual({
    Id: made.Id,
    Name: 'test',
    Arn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${made.Id}`,
    Policies: {
      PasswordPolicy: {
        MinimumLength: 8,
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: 7,
      },
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
    },
    DeletionProtection: 'INACTIVE',
    LambdaConfig: {},
    VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_CODE' },
    UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: [] },
    MfaConfiguration: 'OFF',
    EstimatedNumberOfUsers: 0,
    EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' },
    UserPoolTags: {},
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: false, UnusedAccountValidityDays: 7 },
    AccountRecoverySetting: {
      RecoveryMechanisms: [
        { Name: 'verified_email', Priority: 1 },
        { Name: 'verified_phone_number', Priority: 2 },
      ],
    },
    UserPoolTier: 'ESSENTIALS',
  })
  const byName = new Map(
    (SchemaAttributes as readonly { Name: string }[]).map((attribute) => [attribute.Name, attribute]),
  )
  expect(byName.size).toBe(21)
  expect(byName.get('sub')).toEqual({
    Name: 'sub',
    AttributeDataType: 'String',
    DeveloperOnlyAttribute: false,
    Mutable: false,
    Required: true,
    StringAttributeConstraints: { MinLength: '1', MaxLength: '2048' },
  })
  expect(byName.get('birthdate')).toMatchObject({
    StringAttributeConstraints: { MinLength: '10', MaxLength: '10' },
  })
  expect(byName.get('updated_at')).toMatchObject({
    AttributeDataType: 'Number',
    NumberAttributeConstraints: { MinValue: '0' },
  })
  expect(byName.get('email_verified')).toMatchObject({ AttributeDataType: 'Boolean' })
})

test('a new pool has two signing keys, a public JWKS and itself as the one replica', async () => {
  const { Id } = await create({ IssuerConfiguration: { Type: 'UPDATED' } })
  const records = directory.vault.pool(Id).primary
  const keys = await records.list(signingKeys, { limit: 10 })
  expect(keys.items.map(({ value }) => value.use).sort()).toEqual(['access', 'id'])
  const published = await records.get(publicPools, Id)
  expect(published?.value.issuerType).toBe('UPDATED')
  expect(published?.value.jwks).toHaveLength(2)
  for (const jwk of published?.value.jwks ?? []) {
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    expect(Buffer.from(jwk.kid ?? '', 'base64')).toHaveLength(32)
  }
  const listed = await records.list(replicas, { limit: 10 })
  expect(listed.items.map(({ value }) => [value.regionName, value.role, value.status])).toEqual([
    ['us-east-1', 'PRIMARY', 'ACTIVE'],
  ])
  expect((await describePool(Id))?.IssuerConfiguration).toEqual({ Type: 'UPDATED' })
})

test('settings that are given are kept, and gaps in them have defaults', async () => {
  const { Id } = await create({
    Policies: {
      PasswordPolicy: { MinimumLength: 12, RequireNumbers: true, TemporaryPasswordValidityDays: 3 },
    },
    Schema: [
      { Name: 'email', Required: true, Mutable: false },
      { Name: 'team', AttributeDataType: 'Number', NumberAttributeConstraints: { MaxValue: '9' } },
      { Name: 'note', DeveloperOnlyAttribute: true },
    ],
    UsernameAttributes: ['email'],
    UsernameConfiguration: { CaseSensitive: false },
    AutoVerifiedAttributes: ['email'],
    SmsVerificationMessage: 'Code {####}',
    LambdaConfig: { PreTokenGeneration: 'arn:aws:lambda:us-east-1:000000000000:function:f' },
    UserPoolTags: { team: 'a' },
    DeletionProtection: 'ACTIVE',
  })
  const pool = await describePool(Id)
  expect(pool).toMatchObject({
    Policies: {
      PasswordPolicy: {
        MinimumLength: 12,
        RequireUppercase: false,
        RequireLowercase: false,
        RequireNumbers: true,
        RequireSymbols: false,
        TemporaryPasswordValidityDays: 3,
      },
    },
    AdminCreateUserConfig: { UnusedAccountValidityDays: 3 },
    UsernameAttributes: ['email'],
    UsernameConfiguration: { CaseSensitive: false },
    SmsVerificationMessage: 'Code {####}',
    VerificationMessageTemplate: { SmsMessage: 'Code {####}', DefaultEmailOption: 'CONFIRM_WITH_CODE' },
    LambdaConfig: {
      PreTokenGenerationConfig: {
        LambdaVersion: 'V1_0',
        LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      },
    },
    UserPoolTags: { team: 'a' },
    DeletionProtection: 'ACTIVE',
  })
  const attributes = new Map(pool?.SchemaAttributes?.map((attribute) => [attribute.Name, attribute]))
  expect(attributes.get('email')).toMatchObject({ Required: true, Mutable: false })
  expect(attributes.get('custom:team')).toEqual({
    Name: 'custom:team',
    AttributeDataType: 'Number',
    DeveloperOnlyAttribute: false,
    Mutable: true,
    Required: false,
    NumberAttributeConstraints: { MaxValue: '9' },
  })
  expect(attributes.get('dev:custom:note')).toMatchObject({ StringAttributeConstraints: {} })
})

const lambdaArn = 'arn:aws:lambda:us-east-1:000000000000:function:f'
const invalid = 'InvalidParameterException'
const notInTier = 'FeatureUnavailableInTierException'

test.each<[string, Partial<Input<'CreateUserPool'>>, string]>([
  ['alias and username attributes', { AliasAttributes: ['email'], UsernameAttributes: ['email'] }, invalid],
  ['a required custom attribute', { Schema: [{ Name: 'x', Required: true }] }, invalid],
  ['an attribute twice', { Schema: [{ Name: 'x' }, { Name: 'x' }] }, invalid],
  [
    'another type for a standard attribute',
    { Schema: [{ Name: 'email', AttributeDataType: 'Number' }] },
    invalid,
  ],
  ['email_verified as required', { Schema: [{ Name: 'email_verified', Required: true }] }, invalid],
  [
    'string bounds that cross',
    { Schema: [{ Name: 'x', StringAttributeConstraints: { MinLength: '5', MaxLength: '4' } }] },
    invalid,
  ],
  [
    'string bounds that are no numbers',
    { Schema: [{ Name: 'x', StringAttributeConstraints: { MinLength: 'a' } }] },
    invalid,
  ],
  [
    'number bounds on a string',
    { Schema: [{ Name: 'x', NumberAttributeConstraints: { MinValue: '1' } }] },
    invalid,
  ],
  [
    'number bounds that cross',
    {
      Schema: [
        {
          Name: 'x',
          AttributeDataType: 'Number',
          NumberAttributeConstraints: { MinValue: '2', MaxValue: '1' },
        },
      ],
    },
    invalid,
  ],
  ['MFA without SMS', { MfaConfiguration: 'ON' }, invalid],
  [
    'an unverified attribute to verify before update',
    { UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } },
    invalid,
  ],
  [
    'admin_only with another mechanism',
    {
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Name: 'admin_only', Priority: 1 },
          { Name: 'verified_email', Priority: 2 },
        ],
      },
    },
    invalid,
  ],
  [
    'one priority twice',
    {
      AccountRecoverySetting: {
        RecoveryMechanisms: [
          { Name: 'verified_phone_number', Priority: 1 },
          { Name: 'verified_email', Priority: 1 },
        ],
      },
    },
    invalid,
  ],
  [
    'DEVELOPER e-mail without a source',
    { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' } },
    invalid,
  ],
  [
    'a custom sender without a KMS key',
    { LambdaConfig: { CustomEmailSender: { LambdaArn: lambdaArn, LambdaVersion: 'V1_0' } } },
    invalid,
  ],
  [
    'two pre token generation triggers',
    {
      LambdaConfig: {
        PreTokenGeneration: lambdaArn,
        PreTokenGenerationConfig: { LambdaArn: `${lambdaArn}2`, LambdaVersion: 'V1_0' },
      },
    },
    invalid,
  ],
  [
    'two different SMS messages',
    { SmsVerificationMessage: 'a {####}', VerificationMessageTemplate: { SmsMessage: 'b {####}' } },
    invalid,
  ],
  [
    'two lives of temporary passwords',
    {
      Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 2 } },
      AdminCreateUserConfig: { UnusedAccountValidityDays: 3 },
    },
    invalid,
  ],
  [
    'sign-in without passwords',
    { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['EMAIL_OTP'] } } },
    invalid,
  ],
  [
    'SOFTWARE_TOKEN as a first factor',
    { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'SOFTWARE_TOKEN'] } } },
    invalid,
  ],
  ['threat protection below PLUS', { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } }, notInTier],
  [
    'other first factors in LITE',
    {
      UserPoolTier: 'LITE',
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
    },
    notInTier,
  ],
  [
    'a password history in LITE',
    { UserPoolTier: 'LITE', Policies: { PasswordPolicy: { PasswordHistorySize: 2 } } },
    notInTier,
  ],
  [
    'access token customization in LITE',
    {
      UserPoolTier: 'LITE',
      LambdaConfig: { PreTokenGenerationConfig: { LambdaArn: lambdaArn, LambdaVersion: 'V2_0' } },
    },
    notInTier,
  ],
  ['dynamic client registration in LITE', { UserPoolTier: 'LITE', DcrConfiguration: {} }, notInTier],
  ['a tag key of AWS', { UserPoolTags: { 'aws:x': 'y' } }, 'UserPoolTaggingException'],
  ['a customer managed key without ARN', { KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY' } }, invalid],
  [
    'a service-owned key with ARN',
    { KeyConfiguration: { KeyType: 'AWS_OWNED_KEY', KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/x' } },
    invalid,
  ],
  [
    'an alias as key',
    { KeyConfiguration: { KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:alias/x' } },
    invalid,
  ],
  [
    'a key of another Region',
    { KeyConfiguration: { KmsKeyArn: 'arn:aws:kms:us-west-2:000000000000:key/x' } },
    invalid,
  ],
  [
    'a key of another account',
    { KeyConfiguration: { KmsKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/x' } },
    invalid,
  ],
])('%s: refused', async (_name, input, code) => {
  await expect(create(input)).rejects.toMatchObject(fault(code))
})

describe('a pool on a customer managed key', () => {
  test('shows the key', async () => {
    const KmsKeyArn = directory.keyService.addKey()
    const { Id } = await create({ KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn } })
    expect((await describePool(Id))?.KeyConfiguration).toEqual({
      KeyType: 'CUSTOMER_MANAGED_KEY',
      KmsKeyArn,
    })
  })

  test.each([
    ['DisabledException', invalid, /is disabled/],
    ['KMSInvalidStateException', invalid, /pending deletion/],
    ['AccessDeniedException', invalid, /cognito-idp\.amazonaws\.com/],
    ['InvalidKeyUsageException', invalid, /symmetric encryption key/],
    ['TimeoutError', 'InternalErrorException', /could not be reached/],
  ])('whose use fails with %s is refused and leaves nothing behind', async (errorName, code, message) => {
    const KmsKeyArn = directory.keyService.addKey()
    directory.keyService.failWith(KmsKeyArn, errorName)
    await expect(create({ KeyConfiguration: { KmsKeyArn } })).rejects.toMatchObject(fault(code, message))
    expect((await directory.vault.region.list(unfinishedPools, { limit: 10 })).items).toEqual([])
  })

  test('that does not exist is refused', async () => {
    const KmsKeyArn = 'arn:aws:kms:us-east-1:000000000000:key/none'
    await expect(create({ KeyConfiguration: { KmsKeyArn } })).rejects.toMatchObject(
      fault(invalid, /does not exist in this Region/),
    )
  })
})

test('what a crash left half made is dropped at the next start', async () => {
  const poolId = 'us-east-1_HalfMade1'
  const { region } = directory.vault
  await region.commit((changes) => changes.create(unfinishedPools, { poolId, sinceMs: 0 }))
  await directory.vault.createPool(poolId, { poolArn: 'arn:aws:cognito-idp:us-east-1:0:userpool/x' })
  expect(await dropUnfinishedPools(directory.vault)).toBe(1)
  expect(await directory.store.range(`${poolId}/`, { limit: 10 })).toEqual([])
  expect(await dropUnfinishedPools(directory.vault)).toBe(0)
})

test('a pool that is not here does not exist', async () => {
  await expect(describePool('us-east-1_None00000')).rejects.toMatchObject(
    fault('ResourceNotFoundException', 'User pool us-east-1_None00000 does not exist.'),
  )
})

test('DescribeUserPool runs on an INACTIVE secondary and not on a CREATING one', async () => {
  const { Id } = await create()
  await directory.register(Id, { role: 'SECONDARY', status: 'INACTIVE', primaryRegion: 'us-west-2' })
  expect(await describePool(Id)).toMatchObject({ Id })
  await directory.register(Id, { role: 'SECONDARY', status: 'CREATING', primaryRegion: 'us-west-2' })
  await expect(describePool(Id)).rejects.toMatchObject(fault('OperationNotEnabledException', /us-west-2/))
})

describe('when the store fails', () => {
  /** A directory whose store can be told to refuse what writes to, or drops, scopes with a name like this. */
  const startFailing = async () => {
    const failing = { commits: undefined as RegExp | undefined, drops: false }
    const started = await startDirectory({
      wrapStore: (store) => ({
        ...store,
        commit: (commit) =>
          commit.put?.some(({ key }) => failing.commits?.test(key))
            ? Promise.reject(new StoreFailure('the disk is full'))
            : store.commit(commit),
        dropScope: (scope) =>
          failing.drops ? Promise.reject(new StoreFailure('the disk is full')) : store.dropScope(scope),
      }),
    })
    return { started, failing }
  }
  const poolNames = async (started: TestDirectory) =>
    (await started.call('ListUserPools', { MaxResults: 60 })).UserPools?.map(({ Name }) => Name)

  test.each([
    ['keyring', /\/keyring\//],
    ['records', /\/pool\//],
    ['registration', /^@region\/pools\//],
  ])('over the %s, a new pool leaves nothing behind', async (_name, commits) => {
    const { started, failing } = await startFailing()
    try {
      failing.commits = commits
      await expect(started.makePool()).rejects.toThrow('the disk is full')
      failing.commits = undefined
      expect(await poolNames(started)).toEqual([])
      expect(await started.store.range('us-east-1_', { limit: 10 })).toEqual([])
      expect(await started.store.range('@us-east-1_', { limit: 10 })).toEqual([])
      expect((await started.vault.region.list(unfinishedPools, { limit: 10 })).items).toEqual([])
    } finally {
      await started.close()
    }
  })

  test('while a deleted pool is dropped, the pool is gone and the next start drops the rest', async () => {
    const { started, failing } = await startFailing()
    try {
      const Id = await started.makePool()
      failing.drops = true
      await started.call('DeleteUserPool', { UserPoolId: Id })
      await expect(started.call('DescribeUserPool', { UserPoolId: Id })).rejects.toMatchObject(
        fault('ResourceNotFoundException'),
      )
      expect(await poolNames(started)).toEqual([])
      failing.drops = false
      expect(await started.store.range(`${Id}/`, { limit: 10 })).not.toEqual([])
      expect(await dropUnfinishedPools(started.vault)).toBe(1)
      expect(await started.store.range(`${Id}/`, { limit: 10 })).toEqual([])
      expect(await started.store.range(`@${Id}/`, { limit: 10 })).toEqual([])
    } finally {
      await started.close()
    }
  })
})
