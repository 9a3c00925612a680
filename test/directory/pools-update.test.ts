// UpdateUserPool, ListUserPools, DeleteUserPool, AddCustomAttributes and the MFA configuration.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { publicPools, replicas } from '../../src/directory/records/user-pool.ts'
import { unfinishedPools } from '../../src/directory/unfinished-pools.ts'
import { Conflict } from '../../src/store/store.ts'
import { fault, startDirectory, type TestDirectory } from '../support/directory.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startDirectory()
})
afterAll(() => directory.close())

const describePool = async (UserPoolId: string) =>
  (await directory.call('DescribeUserPool', { UserPoolId })).UserPool
const update = (UserPoolId: string, input: Partial<Input<'UpdateUserPool'>>) =>
  directory.call('UpdateUserPool', { UserPoolId, ...input })
const addReplica = (poolId: string) =>
  directory.vault.pool(poolId).primary.commit((changes) =>
    changes.create(replicas, {
      regionName: 'us-west-2',
      role: 'SECONDARY',
      status: 'INACTIVE',
      statusAtMs: 0,
    }),
  )
const becomeSecondary = (poolId: string) =>
  directory.register(poolId, { role: 'SECONDARY', status: 'INACTIVE', primaryRegion: 'us-west-2' })

const invalid = 'InvalidParameterException'
const lambdaArn = 'arn:aws:lambda:us-east-1:000000000000:function:f'
const sms = { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms', ExternalId: 'x' }

describe('UpdateUserPool', () => {
  test('puts what is left out back to its default and keeps schema, sign-in attributes and issuer', async () => {
    const Id = await directory.makePool({
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      AutoVerifiedAttributes: ['email'],
      IssuerConfiguration: { Type: 'UPDATED' },
      DeletionProtection: 'ACTIVE',
      Schema: [{ Name: 'team' }],
      Policies: { PasswordPolicy: { MinimumLength: 20 } },
      LambdaConfig: { PreSignUp: lambdaArn },
      UserPoolTags: { a: 'b' },
    })
    const before = await describePool(Id)
    directory.pass(1_000)
    expect(await update(Id, { PoolName: 'renamed', UserPoolTier: 'PLUS' })).toEqual({})
    const after = await describePool(Id)
    expect(after).toMatchObject({
      Name: 'renamed',
      UserPoolTier: 'PLUS',
      DeletionProtection: 'INACTIVE',
      UsernameAttributes: ['email'],
      UsernameConfiguration: { CaseSensitive: false },
      IssuerConfiguration: { Type: 'UPDATED' },
      LambdaConfig: {},
      UserPoolTags: { a: 'b' },
      CreationDate: before?.CreationDate,
      SchemaAttributes: before?.SchemaAttributes,
      Policies: before?.Policies,
    })
    expect(after).not.toHaveProperty('AutoVerifiedAttributes')
    expect(after?.LastModifiedDate?.getTime()).toBeGreaterThan(before?.LastModifiedDate?.getTime() ?? 0)
  })

  test('asks for the second factor as before, and keeps each policy, unless it is told otherwise', async () => {
    const Id = await directory.makePool({
      MfaConfiguration: 'OPTIONAL',
      SmsConfiguration: sms,
      UserPoolTags: { a: 'b' },
      Policies: {
        PasswordPolicy: { MinimumLength: 20, TemporaryPasswordValidityDays: 3 },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] },
      },
    })
    const SignInPolicy = { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] }
    await update(Id, { PoolName: 'renamed', AdminCreateUserConfig: { UnusedAccountValidityDays: 5 } })
    expect(await describePool(Id)).toMatchObject({
      MfaConfiguration: 'OPTIONAL',
      SmsConfiguration: sms,
      Policies: { PasswordPolicy: { MinimumLength: 20, TemporaryPasswordValidityDays: 5 }, SignInPolicy },
    })
    await update(Id, { Policies: { PasswordPolicy: { MinimumLength: 10 } } })
    expect((await describePool(Id))?.Policies).toMatchObject({
      PasswordPolicy: { MinimumLength: 10 },
      SignInPolicy,
    })
    await update(Id, { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] } } })
    expect((await describePool(Id))?.Policies).toMatchObject({
      PasswordPolicy: { MinimumLength: 10 },
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD'] },
    })
    await update(Id, { MfaConfiguration: 'OFF', UserPoolTags: {} })
    const off = await describePool(Id)
    expect(off?.MfaConfiguration).toBe('OFF')
    expect(off?.SmsConfiguration).toBeUndefined()
    expect(off?.UserPoolTags).toEqual({})
  })

  test('moves the pool between issuers, for everybody to see', async () => {
    const Id = await directory.makePool()
    await update(Id, { IssuerConfiguration: { Type: 'UPDATED' } })
    const records = directory.vault.pool(Id).primary
    expect((await records.get(publicPools, Id))?.value.issuerType).toBe('UPDATED')
    await update(Id, { IssuerConfiguration: { Type: 'ORIGINAL' } })
    expect((await records.get(publicPools, Id))?.value.issuerType).toBe('ORIGINAL')
  })

  test('puts the pool on a customer managed key, keeps it there when none is given, and takes it off', async () => {
    const KmsKeyArn = directory.keyService.addKey()
    const Id = await directory.makePool()
    await update(Id, { KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn } })
    await update(Id, { PoolName: 'still on it' })
    expect((await describePool(Id))?.KeyConfiguration?.KmsKeyArn).toBe(KmsKeyArn)
    directory.keyService.failWith(KmsKeyArn, 'DisabledException')
    directory.pass(61_000)
    await expect(describePool(Id)).rejects.toMatchObject(fault(invalid, /is disabled/))
    directory.keyService.failWith(KmsKeyArn, undefined)
    await update(Id, { KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' } })
    expect(await describePool(Id)).not.toHaveProperty('KeyConfiguration.KmsKeyArn')
  })

  test('with a key that can’t be used changes nothing', async () => {
    const KmsKeyArn = directory.keyService.addKey()
    directory.keyService.failWith(KmsKeyArn, 'AccessDeniedException')
    const Id = await directory.makePool()
    await expect(update(Id, { PoolName: 'no', KeyConfiguration: { KmsKeyArn } })).rejects.toMatchObject(
      fault(invalid),
    )
    expect(await describePool(Id)).toMatchObject({ Name: 'test' })
  })

  test.each<[string, Partial<Input<'UpdateUserPool'>>, string]>([
    ['MFA without a factor', { MfaConfiguration: 'ON' }, invalid],
    [
      'threat protection below PLUS',
      { UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } },
      'FeatureUnavailableInTierException',
    ],
    ['a tag key of AWS', { UserPoolTags: { 'aws:a': 'b' } }, 'UserPoolTaggingException'],
  ])('refuses %s', async (_name, input, code) => {
    const Id = await directory.makePool()
    await expect(update(Id, input)).rejects.toMatchObject(fault(code))
  })

  test('of a pool with a replica refuses another key and the LITE tier', async () => {
    const Id = await directory.makePool()
    await addReplica(Id)
    const KmsKeyArn = directory.keyService.addKey()
    await expect(update(Id, { KeyConfiguration: { KmsKeyArn } })).rejects.toMatchObject(
      fault(invalid, /KeyConfiguration/),
    )
    await expect(update(Id, { UserPoolTier: 'LITE' })).rejects.toMatchObject(fault(invalid, /tier/))
    await update(Id, { UserPoolTier: 'PLUS' })
  })

  test('of a pool that is not here is refused', async () => {
    await expect(update('us-east-1_None00000', {})).rejects.toMatchObject(fault('ResourceNotFoundException'))
  })
})

describe('UpdateUserPool on a secondary', () => {
  test('changes regional settings', async () => {
    const Id = await directory.makePool()
    await becomeSecondary(Id)
    await update(Id, {
      SmsConfiguration: sms,
      LambdaConfig: { PreSignUp: lambdaArn },
      UserPoolTags: { a: 'b' },
      EmailConfiguration: {
        EmailSendingAccount: 'DEVELOPER',
        SourceArn: 'arn:aws:ses:us-east-1:000000000000:identity/x',
      },
    })
    expect(await describePool(Id)).toMatchObject({
      Name: 'test',
      SmsConfiguration: sms,
      LambdaConfig: { PreSignUp: lambdaArn },
      UserPoolTags: { a: 'b' },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' },
    })
  })

  test('takes global settings that are what the pool has', async () => {
    const Id = await directory.makePool({ AutoVerifiedAttributes: ['email'] })
    await becomeSecondary(Id)
    const described = await describePool(Id)
    await update(Id, {
      PoolName: 'test',
      Policies: { SignInPolicy: described?.Policies?.SignInPolicy },
      AutoVerifiedAttributes: ['email'],
      UserPoolTier: 'ESSENTIALS',
      KeyConfiguration: { KeyType: 'AWS_OWNED_KEY' },
      UserPoolTags: { a: 'b' },
    })
    expect(await describePool(Id)).toMatchObject({
      AutoVerifiedAttributes: ['email'],
      UserPoolTags: { a: 'b' },
    })
  })

  test.each<[string, Partial<Input<'UpdateUserPool'>>]>([
    ['PoolName', { PoolName: 'other' }],
    ['Policies', { Policies: { PasswordPolicy: { MinimumLength: 10 } } }],
    ['DeletionProtection', { DeletionProtection: 'ACTIVE' }],
    ['IssuerConfiguration', { IssuerConfiguration: { Type: 'UPDATED' } }],
    ['KeyConfiguration', { KeyConfiguration: { KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/x' } }],
    ['UserPoolTier', { UserPoolTier: 'PLUS' }],
  ])('refuses another %s and changes nothing', async (member, input) => {
    const Id = await directory.makePool()
    await becomeSecondary(Id)
    await expect(update(Id, { ...input, UserPoolTags: { a: 'b' } })).rejects.toMatchObject(
      fault(invalid, new RegExp(`^${member} .*us-west-2`)),
    )
    expect(await describePool(Id)).toMatchObject({ UserPoolTags: {} })
  })

  test('works before the replica has any regional settings', async () => {
    const Id = await directory.makePool()
    await directory.store.dropScope(`@${Id}`)
    await directory.register(Id, {
      role: 'SECONDARY',
      status: 'ACTIVE',
      primaryRegion: 'us-west-2',
      initialTags: { first: 'one' },
    })
    expect(await describePool(Id)).toMatchObject({ UserPoolTags: { first: 'one' }, LambdaConfig: {} })
    await update(Id, { LambdaConfig: { PreSignUp: lambdaArn } })
    expect(await describePool(Id)).toMatchObject({
      UserPoolTags: { first: 'one' },
      LambdaConfig: { PreSignUp: lambdaArn },
    })
  })
})

test('ListUserPools shows every pool once, page by page, with names, triggers and replica Regions', async () => {
  const other = await startDirectory()
  try {
    const made: string[] = []
    for (let index = 0; index < 5; index += 1) made.push(await other.makePool({ PoolName: `pool ${index}` }))
    const [first = ''] = made
    await other.call('UpdateUserPool', {
      UserPoolId: first,
      PoolName: 'new name',
      LambdaConfig: { PreSignUp: lambdaArn },
    })
    await other.register(first, { replicaRegions: ['us-west-2'] })
    const listed = []
    let NextToken: string | undefined
    do {
      const page = await other.call('ListUserPools', { MaxResults: 2, NextToken })
      expect(page.UserPools?.length).toBeLessThanOrEqual(2)
      listed.push(...(page.UserPools ?? []))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(listed).toHaveLength(made.length)
    expect(new Set(listed.map(({ Id }) => Id))).toEqual(new Set(made))
    expect(listed.find(({ Id }) => Id === first)).toMatchObject({
      Name: 'new name',
      LambdaConfig: { PreSignUp: lambdaArn },
      ReplicaRegions: ['us-west-2'],
    })
    expect(listed.find(({ Id }) => Id === made[1])).not.toHaveProperty('ReplicaRegions')
    await expect(other.call('ListUserPools', { MaxResults: 2, NextToken: 'made-up' })).rejects.toMatchObject(
      fault(invalid, 'Invalid pagination token.'),
    )
  } finally {
    await other.close()
  }
})

describe('DeleteUserPool', () => {
  const remove = (UserPoolId: string) => directory.call('DeleteUserPool', { UserPoolId })

  test('leaves nothing of the pool', async () => {
    const Id = await directory.makePool()
    await directory.call('CreateUserPoolClient', { UserPoolId: Id, ClientName: 'app' })
    expect(await remove(Id)).toEqual({})
    await expect(describePool(Id)).rejects.toMatchObject(fault('ResourceNotFoundException'))
    await expect(remove(Id)).rejects.toMatchObject(fault('ResourceNotFoundException'))
    expect(await directory.store.range(`${Id}/`, { limit: 10 })).toEqual([])
    expect(await directory.store.range(`@${Id}/`, { limit: 10 })).toEqual([])
    expect((await directory.vault.region.list(unfinishedPools, { limit: 10 })).items).toEqual([])
    expect(directory.deletedPools).toContain(Id)
  })

  test('is refused while deletion protection is active', async () => {
    const Id = await directory.makePool({ DeletionProtection: 'ACTIVE' })
    await expect(remove(Id)).rejects.toMatchObject(fault(invalid, /deletion protection is activated/))
    expect(await describePool(Id)).toMatchObject({ Id })
  })

  test('is refused while the pool has a domain', async () => {
    const Id = await directory.makePool()
    await directory.call('CreateUserPoolDomain', { UserPoolId: Id, Domain: 'in-the-way' })
    await expect(remove(Id)).rejects.toMatchObject(fault(invalid, /domain/))
    await directory.call('DeleteUserPoolDomain', { UserPoolId: Id, Domain: 'in-the-way' })
    await remove(Id)
  })

  test('is refused while the pool has a replica, and on a secondary', async () => {
    const Id = await directory.makePool()
    await addReplica(Id)
    await expect(remove(Id)).rejects.toMatchObject(fault(invalid, /replicas/))
    await becomeSecondary(Id)
    await expect(remove(Id)).rejects.toMatchObject(fault('OperationNotEnabledException', /us-west-2/))
  })
})

describe('AddCustomAttributes', () => {
  const add = (
    UserPoolId: string,
    ...CustomAttributes: Input<'AddCustomAttributes'>['CustomAttributes'] & object
  ) =>
    directory.call('AddCustomAttributes', {
      UserPoolId,
      CustomAttributes: CustomAttributes.map((one) => ({ AttributeDataType: 'String' as const, ...one })),
    })

  test('adds to the schema', async () => {
    const Id = await directory.makePool()
    expect(await add(Id, { Name: 'team' }, { Name: 'rank', AttributeDataType: 'Number' })).toEqual({})
    const names = (await describePool(Id))?.SchemaAttributes?.map(({ Name }) => Name)
    expect(names).toEqual(expect.arrayContaining(['custom:team', 'custom:rank']))
  })

  test('refuses a name that is there, a required attribute, and the 51st', async () => {
    const Id = await directory.makePool()
    await add(Id, { Name: 'team' })
    await expect(add(Id, { Name: 'team' })).rejects.toMatchObject(
      fault(invalid, 'custom:team: Existing attribute already has name team.'),
    )
    await expect(add(Id, { Name: 'x', Required: true })).rejects.toMatchObject(fault(invalid))
    await expect(add(Id, { Name: 'x', AttributeDataType: undefined })).rejects.toMatchObject(
      fault(invalid, 'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.'),
    )
    await add(Id, ...Array.from({ length: 25 }, (_, index) => ({ Name: `a${index}` })))
    await add(Id, ...Array.from({ length: 24 }, (_, index) => ({ Name: `b${index}` })))
    await expect(add(Id, { Name: 'last' })).rejects.toMatchObject(fault(invalid, /50/))
  })

  test('is not done twice when the register of pools changes at the same moment', async () => {
    let conflictsLeft = 0
    const other = await startDirectory({
      wrapStore: (store) => ({
        ...store,
        commit: (commit) => {
          const key = commit.put?.find((put) => put.key.startsWith('@region/pools/'))?.key
          if (key === undefined || conflictsLeft === 0) return store.commit(commit)
          conflictsLeft -= 1
          return Promise.reject(new Conflict(key))
        },
      }),
    })
    try {
      const UserPoolId = await other.makePool()
      conflictsLeft = 2
      await other.call('AddCustomAttributes', {
        UserPoolId,
        CustomAttributes: [{ Name: 'once', AttributeDataType: 'String' }],
      })
      expect(conflictsLeft).toBe(0)
      const { UserPool } = await other.call('DescribeUserPool', { UserPoolId })
      expect(UserPool?.SchemaAttributes?.filter(({ Name }) => Name === 'custom:once')).toHaveLength(1)
    } finally {
      await other.close()
    }
  })

  test('runs on the primary only', async () => {
    const Id = await directory.makePool()
    await becomeSecondary(Id)
    await expect(add(Id, { Name: 'x' })).rejects.toMatchObject(fault('OperationNotEnabledException'))
  })
})

describe('the MFA configuration', () => {
  const get = (UserPoolId: string) => directory.call('GetUserPoolMfaConfig', { UserPoolId })
  const set = (UserPoolId: string, input: Partial<Input<'SetUserPoolMfaConfig'>>) =>
    directory.call('SetUserPoolMfaConfig', { UserPoolId, ...input })

  test('of a new pool is OFF', async () => {
    expect(await get(await directory.makePool())).toEqual({ MfaConfiguration: 'OFF' })
  })

  test('is set, kept where it is left out, and turned off', async () => {
    const Id = await directory.makePool()
    await set(Id, { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } })
    await set(Id, { WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' } })
    expect(await get(Id)).toEqual({
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
      WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' },
    })
    expect(await describePool(Id)).toMatchObject({ MfaConfiguration: 'OPTIONAL' })
    await update(Id, { MfaConfiguration: 'ON' })
    expect(await get(Id)).toMatchObject({ MfaConfiguration: 'ON' })
    expect(await set(Id, { MfaConfiguration: 'OFF' })).toEqual({
      MfaConfiguration: 'OFF',
      WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' },
    })
  })

  test('SMS goes to the regional settings', async () => {
    const Id = await directory.makePool()
    await set(Id, {
      MfaConfiguration: 'ON',
      SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}', SmsConfiguration: sms },
    })
    expect(await describePool(Id)).toMatchObject({
      SmsConfiguration: sms,
      SmsAuthenticationMessage: 'Code {####}',
      MfaConfiguration: 'ON',
    })
  })

  test('names all factors anew with ON and OPTIONAL', async () => {
    const Id = await directory.makePool()
    await set(Id, { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } })
    expect(
      await set(Id, {
        MfaConfiguration: 'OPTIONAL',
        EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Code' },
        SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}' },
      }),
    ).toEqual({
      MfaConfiguration: 'OPTIONAL',
      EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Code' },
      SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}' },
    })
  })

  const together = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
  const noneLeft =
    "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."

  test.each<[string, Partial<Input<'SetUserPoolMfaConfig'>>, string]>([
    ['ON without a factor', { MfaConfiguration: 'ON' }, noneLeft],
    [
      'OPTIONAL with a factor that is off',
      { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: false } },
      noneLeft,
    ],
    [
      'OFF with software tokens',
      { MfaConfiguration: 'OFF', SoftwareTokenMfaConfiguration: { Enabled: true } },
      together,
    ],
    ['OFF with e-mail', { MfaConfiguration: 'OFF', EmailMfaConfiguration: {} }, together],
    ['OFF with SMS', { MfaConfiguration: 'OFF', SmsMfaConfiguration: {} }, together],
  ])('refuses %s', async (_name, input, message) => {
    const Id = await directory.makePool({ SmsConfiguration: sms })
    await expect(set(Id, input)).rejects.toMatchObject(fault(invalid, message))
  })

  test('ON goes with no one-time password as the first factor, whichever comes first', async () => {
    const words =
      'Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled'
    const Policies = {
      SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] },
    }
    const tokens = { SoftwareTokenMfaConfiguration: { Enabled: true } }
    const Id = await directory.makePool({ Policies })
    await expect(set(Id, { MfaConfiguration: 'ON', ...tokens })).rejects.toMatchObject(fault(invalid, words))
    await set(Id, { MfaConfiguration: 'OPTIONAL', ...tokens })
    await expect(update(Id, { MfaConfiguration: 'ON' })).rejects.toMatchObject(fault(invalid, words))
    await expect(
      directory.makePool({ Policies, MfaConfiguration: 'ON', SmsConfiguration: sms }),
    ).rejects.toMatchObject(fault(invalid, words))
  })

  test('of a LITE pool has no e-mail factor and no passkeys', async () => {
    const Id = await directory.makePool({ UserPoolTier: 'LITE' })
    const code = 'FeatureUnavailableInTierException'
    await expect(set(Id, { EmailMfaConfiguration: {} })).rejects.toMatchObject(fault(code))
    await expect(set(Id, { WebAuthnConfiguration: {} })).rejects.toMatchObject(fault(code))
  })

  test('on a secondary changes how that replica sends SMS, and nothing else', async () => {
    const Id = await directory.makePool()
    await becomeSecondary(Id)
    await set(Id, { SmsMfaConfiguration: { SmsConfiguration: sms } })
    expect(await get(Id)).toMatchObject({ SmsMfaConfiguration: { SmsConfiguration: sms } })
    await expect(set(Id, { SoftwareTokenMfaConfiguration: { Enabled: true } })).rejects.toMatchObject(
      fault(invalid, /us-west-2/),
    )
  })
})
