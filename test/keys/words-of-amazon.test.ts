// What the key service refuses, in the words of Amazon's: names, messages and HTTP statuses that applications and their suites compare.
import * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KeyOperationName, keyCallerOf } from '../guarantees/operations/key-world.ts'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

const limited = { accessKeyId: 'AKIDLIMITED', secretAccessKey: 'a secret of the test, which is no secret' }
let regions: TestRegions
let east: kms.KMSClient
let keyId: string
let externalId: string
let relatedId: string
beforeAll(async () => {
  const taggingNothing = {
    Version: '2012-10-17' as const,
    Statement: [
      { Effect: 'Allow' as const, Action: ['kms:CreateKey'], Resource: ['*'] },
      {
        Effect: 'Allow' as const,
        Action: ['kms:*Alias'],
        Resource: [`arn:aws:kms:*:${account}:alias/mine/*`],
      },
    ],
  }
  regions = await startRegions(['us-east-1', 'us-west-2'], {
    users: [{ ...limited, userName: 'limited', policies: [taggingNothing] }],
  })
  east = regions.kms('us-east-1')
  keyId = await makeKey()
  externalId = await makeKey({ Origin: 'EXTERNAL' })
  relatedId = await makeKey({ MultiRegion: true })
  await east.send(new kms.CreateAliasCommand({ AliasName: 'alias/there', TargetKeyId: keyId }))
})
afterAll(() => regions.close())

const makeKey = async (input: kms.CreateKeyCommandInput = {}): Promise<string> =>
  (await east.send(new kms.CreateKeyCommand(input))).KeyMetadata?.KeyId ?? ''
const arnOf = (id: string, region = 'us-east-1'): string => `arn:aws:kms:${region}:${account}:key/${id}`

const refusalOf = async (operation: KeyOperationName, input: object, client = east) => {
  try {
    await keyCallerOf(client)(operation, input as never)
  } catch (error) {
    const { name, message, $metadata } = error as kms.KMSServiceException
    return { name, message, status: $metadata.httpStatusCode }
  }
  throw new Error('it was taken')
}

const nothing = '00000000-0000-4000-8000-000000000000'
const foreignArn = `arn:aws:kms:us-east-1:111122223333:key/${nothing}`
const inAliasWords =
  'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html'
const policyFor = (Principal: unknown) =>
  JSON.stringify({ Statement: { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' } })
const tagged = (TagKey: string, TagValue = '') => ({ Tags: [{ TagKey, TagValue }] })

test.each<readonly [string, KeyOperationName, () => object, string, string]>([
  [
    'a key ID that is none',
    'DescribeKey',
    () => ({ KeyId: 'no-key' }),
    'NotFoundException',
    "Invalid keyId 'no-key'",
  ],
  [
    'a key that is not there',
    'Encrypt',
    () => ({ KeyId: nothing, Plaintext: Buffer.from('a') }),
    'NotFoundException',
    `Key '${arnOf(nothing)}' does not exist`,
  ],
  [
    'an ARN of another Region',
    'DescribeKey',
    () => ({ KeyId: arnOf(nothing, 'us-west-2') }),
    'NotFoundException',
    'Invalid arn us-west-2',
  ],
  [
    'a key of another account',
    'DescribeKey',
    () => ({ KeyId: foreignArn }),
    'AccessDeniedException',
    `User: arn:aws:iam::${account}:root is not authorized to perform: kms:DescribeKey on resource: ${foreignArn} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  ],
  [
    'an alias where only keys are taken',
    'EnableKey',
    () => ({ KeyId: 'alias/there' }),
    'NotFoundException',
    "Invalid keyId 'alias/there'",
  ],
  [
    'an alias ARN where only keys are taken',
    'TagResource',
    () => ({ KeyId: `arn:aws:kms:us-east-1:${account}:alias/there`, Tags: [] }),
    'InvalidArnException',
    'Key Aliases are not supported for this operation.',
  ],
  [
    'an alias name without its prefix',
    'CreateAlias',
    () => ({ AliasName: 'there', TargetKeyId: keyId }),
    'ValidationException',
    inAliasWords,
  ],
  [
    'an alias name with a colon',
    'CreateAlias',
    () => ({ AliasName: 'alias/a:b', TargetKeyId: keyId }),
    'ValidationException',
    'alias/a:b contains invalid characters for an alias',
  ],
  [
    'an alias name with another character',
    'CreateAlias',
    () => ({ AliasName: 'alias/a.b', TargetKeyId: keyId }),
    'ValidationException',
    "1 validation error detected: Value 'alias/a.b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
  ],
  [
    'an alias of Amazon’s own',
    'CreateAlias',
    () => ({ AliasName: 'alias/aws/s3', TargetKeyId: keyId }),
    'NotAuthorizedException',
    'The alias name for a customer managed CMK cannot begin with alias/aws/.',
  ],
  [
    'a replica of a key of one Region',
    'ReplicateKey',
    () => ({ KeyId: keyId, ReplicaRegion: 'us-west-2' }),
    'UnsupportedOperationException',
    'KEY_ARN is not a multi-region key.',
  ],
  [
    'a replica where the primary key is',
    'ReplicateKey',
    () => ({ KeyId: relatedId, ReplicaRegion: 'us-east-1' }),
    'ValidationException',
    'us-east-1 cannot have a replica because it contains the primary.',
  ],
  [
    'an alias that is taken',
    'CreateAlias',
    () => ({ AliasName: 'alias/there', TargetKeyId: keyId }),
    'AlreadyExistsException',
    `An alias with the name arn:aws:kms:us-east-1:${account}:alias/there already exists`,
  ],
  [
    'random bytes without their number',
    'GenerateRandom',
    () => ({}),
    'ValidationException',
    'Please specify either number of bytes or key spec.',
  ],
  [
    'a tag with a character that tags have not',
    'TagResource',
    () => ({ KeyId: keyId, ...tagged('Owner', 'You & me') }),
    'TagException',
    'Invalid tag',
  ],
  [
    'a tag twice',
    'CreateKey',
    () => ({ Tags: [...tagged('a').Tags, ...tagged('a').Tags] }),
    'TagException',
    'Duplicate tag keys',
  ],
  [
    'a spec by its old and its new name',
    'CreateKey',
    () => ({ KeySpec: 'RSA_2048', CustomerMasterKeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
    'ValidationException',
    'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
  ],
  [
    'more tags than a key can have',
    'CreateKey',
    () => ({ Tags: Array.from({ length: 51 }, (_, index) => ({ TagKey: `${index}`, TagValue: '' })) }),
    'TagException',
    'Too many tags',
  ],
  [
    'a tag of Amazon’s own',
    'TagResource',
    () => ({ KeyId: keyId, ...tagged('aws:own') }),
    'TagException',
    'Tags beginning with aws: are reserved',
  ],
  [
    'a policy of another name',
    'GetKeyPolicy',
    () => ({ KeyId: keyId, PolicyName: 'other' }),
    'NotFoundException',
    'No such policy exists',
  ],
  [
    'a grant of grants alone',
    'CreateGrant',
    () => ({ KeyId: keyId, GranteePrincipal: account, Operations: ['CreateGrant'] }),
    'ValidationException',
    'Grants must not contain only the CreateGrant operation.',
  ],
  [
    'material that expires on no date',
    'ImportKeyMaterial',
    () => ({ KeyId: externalId, ImportToken: Buffer.from('a'), EncryptedKeyMaterial: Buffer.from('a') }),
    'ValidationException',
    'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
  ],
  [
    'a policy for what is no principal',
    'CreateKey',
    () => ({ Policy: policyFor({ AWS: 'arn:aws:iam::nobody' }) }),
    'MalformedPolicyDocumentException',
    'Policy contains a statement with one or more invalid principals.',
  ],
  [
    'a plaintext that is too long',
    'Encrypt',
    () => ({ KeyId: keyId, Plaintext: Buffer.alloc(4_097) }),
    'ValidationException',
    "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
  ],
])('%s is refused as by Amazon: %s', async (_, operation, input, name, message) => {
  const words = message.replace('KEY_ARN', arnOf(keyId))
  expect(await refusalOf(operation, input())).toEqual({ name, message: words, status: 400 })
})

test('a ciphertext of a key that is not here tells nothing of the key', async () => {
  const west = regions.kms('us-west-2')
  const { CiphertextBlob } = await east.send(
    new kms.EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('a') }),
  )
  expect(await refusalOf('Decrypt', { CiphertextBlob }, west)).toEqual({
    name: 'AccessDeniedException',
    message:
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    status: 400,
  })
})

test('a dry run says what would have been, with a status of its own', async () => {
  expect(await refusalOf('GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256', DryRun: true })).toEqual({
    name: 'DryRunOperationException',
    message: 'The request would have succeeded, but the DryRun option is set.',
    status: 412,
  })
})

test('no plaintext is given to who asks for it to be sealed for an enclave', async () => {
  const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: Buffer.from('a') }
  const request = { KeyId: keyId, KeySpec: 'AES_256', Recipient }
  expect(await refusalOf('GenerateDataKey', request)).toMatchObject({
    name: 'UnsupportedOperationException',
    status: 501,
  })
})

test('a key has 50 aliases at most, and they go with it', async () => {
  const TargetKeyId = await makeKey()
  for (let index = 0; index < 50; index += 1)
    await east.send(new kms.CreateAliasCommand({ AliasName: `alias/many/${index}`, TargetKeyId }))
  expect(await refusalOf('CreateAlias', { AliasName: 'alias/many/50', TargetKeyId })).toMatchObject({
    name: 'LimitExceededException',
  })
  const first = await east.send(new kms.ListAliasesCommand({ KeyId: TargetKeyId, Limit: 30 }))
  const second = await east.send(new kms.ListAliasesCommand({ KeyId: TargetKeyId, Marker: first.NextMarker }))
  const names = [...(first.Aliases ?? []), ...(second.Aliases ?? [])].map(({ AliasName }) => AliasName)
  expect([new Set(names).size, first.Truncated, second.Truncated]).toEqual([50, true, false])
})

test('the policy of a key that is pending deletion can be mended', async () => {
  const KeyId = await makeKey()
  await east.send(new kms.ScheduleKeyDeletionCommand({ KeyId }))
  await east.send(new kms.PutKeyPolicyCommand({ KeyId, Policy: policyFor('*') }))
  expect((await east.send(new kms.GetKeyPolicyCommand({ KeyId }))).PolicyName).toBe('default')
})

test('a user needs the permission on the alias by its own ARN, and on the key', async () => {
  const client = new kms.KMSClient({
    region: 'us-east-1',
    endpoint: regions.origins['us-east-1'] ?? '',
    credentials: limited,
    maxAttempts: 1,
  })
  const open = await makeKey({ Policy: policyFor('*') })
  const alias = (AliasName: string, TargetKeyId: string) => ({ AliasName, TargetKeyId })
  await client.send(new kms.CreateAliasCommand(alias('alias/mine/one', open)))
  await east.send(new kms.UpdateAliasCommand(alias('alias/mine/one', keyId)))
  const refusals: readonly (readonly [KeyOperationName, object, string])[] = [
    ['CreateAlias', alias('alias/other', open), ':alias/other'],
    ['CreateAlias', alias('alias/mine/two', keyId), `:key/${keyId}`],
    ['DeleteAlias', { AliasName: 'alias/mine/one' }, `:key/${keyId}`],
    ['CreateKey', tagged('a'), 'kms:TagResource'],
  ]
  for (const [operation, input, named] of refusals)
    expect(await refusalOf(operation, input, client)).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(named),
    })
})

test('who lists and deletes page by page meets everything', async () => {
  const KeyId = await makeKey()
  const GranteePrincipal = `arn:aws:iam::${account}:user/limited`
  for (const Name of ['1', '2', '3', '4', '5'])
    await east.send(
      new kms.CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['DescribeKey'], Name }),
    )
  const met: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    const { Grants = [], NextMarker } = await east.send(
      new kms.ListGrantsCommand({ KeyId, Limit: 2, Marker }),
    )
    for (const { GrantId, Name } of Grants) {
      met.push(Name)
      await east.send(new kms.RevokeGrantCommand({ KeyId, GrantId }))
    }
    Marker = NextMarker
  } while (Marker !== undefined)
  expect(new Set(met)).toEqual(new Set(['1', '2', '3', '4', '5']))
  expect(met.length).toBe(5)
})
