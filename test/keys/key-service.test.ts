// The key service through the AWS SDK, in two Regions: keys, aliases, tags, states, related keys and their ciphertext.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

let regions: TestRegions
let east: KMSClient
let west: KMSClient
beforeAll(async () => {
  regions = await startRegions()
  east = regions.kms('us-east-1')
  west = regions.kms('us-west-2')
})
afterAll(() => regions.close())

const makeKey = async (input: ConstructorParameters<typeof CreateKeyCommand>[0] = {}) => {
  const { KeyMetadata } = await east.send(new CreateKeyCommand(input))
  if (KeyMetadata?.KeyId === undefined || KeyMetadata.Arn === undefined)
    throw new Error('a key has an ID and an ARN')
  return { ...KeyMetadata, KeyId: KeyMetadata.KeyId, Arn: KeyMetadata.Arn }
}
const plaintext = Buffer.from('a plaintext of the test')

test('a new key is described as KMS describes it', async () => {
  const key = await makeKey({ Description: 'd' })
  expect(key.KeyId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  for (const reference of [key.KeyId, key.Arn]) {
    const { KeyMetadata } = await east.send(new DescribeKeyCommand({ KeyId: reference }))
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: account,
      Arn: `arn:aws:kms:us-east-1:${account}:key/${key.KeyId}`,
      Description: 'd',
      Enabled: true,
      KeyState: 'Enabled',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyManager: 'CUSTOMER',
      MultiRegion: false,
      Origin: 'AWS_KMS',
    })
    expect(KeyMetadata?.MultiRegionConfiguration).toBeUndefined()
  }
})

test('ciphertext opens under its key and context only, and says which key it is of', async () => {
  const key = await makeKey()
  const other = await makeKey()
  const EncryptionContext = { a: '1', b: '2' }
  const { CiphertextBlob } = await east.send(
    new EncryptCommand({ KeyId: key.KeyId, Plaintext: plaintext, EncryptionContext }),
  )
  const opened = await east.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: { b: '2', a: '1' } }),
  )
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(plaintext)
  expect(opened.KeyId).toBe(key.Arn)
  await expect(east.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
    name: 'InvalidCiphertextException',
  })
  await expect(
    east.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: other.KeyId })),
  ).rejects.toMatchObject({ name: 'IncorrectKeyException' })
  const damaged = Buffer.from(CiphertextBlob ?? [])
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
  await expect(
    east.send(new DecryptCommand({ CiphertextBlob: damaged, EncryptionContext })),
  ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
  await expect(
    east.send(new DecryptCommand({ CiphertextBlob: Buffer.from('no blob') })),
  ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
})

test('data keys come with and without plaintext, and ReEncrypt moves one to another key', async () => {
  const key = await makeKey()
  const other = await makeKey()
  const made = await east.send(new GenerateDataKeyCommand({ KeyId: key.KeyId, KeySpec: 'AES_256' }))
  expect(made.Plaintext?.length).toBe(32)
  const opened = await east.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }))
  expect(opened.Plaintext).toEqual(made.Plaintext)
  const hidden = await east.send(
    new GenerateDataKeyWithoutPlaintextCommand({ KeyId: key.KeyId, NumberOfBytes: 16 }),
  )
  expect(
    (await east.send(new DecryptCommand({ CiphertextBlob: hidden.CiphertextBlob }))).Plaintext?.length,
  ).toBe(16)
  const moved = await east.send(
    new ReEncryptCommand({
      CiphertextBlob: made.CiphertextBlob,
      DestinationKeyId: other.KeyId,
      DestinationEncryptionContext: { x: 'y' },
    }),
  )
  expect(moved).toMatchObject({ SourceKeyId: key.Arn, KeyId: other.Arn })
  expect(
    (
      await east.send(
        new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { x: 'y' } }),
      )
    ).Plaintext,
  ).toEqual(made.Plaintext)
  await expect(east.send(new GenerateDataKeyCommand({ KeyId: key.KeyId }))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  expect((await east.send(new GenerateRandomCommand({ NumberOfBytes: 9 }))).Plaintext?.length).toBe(9)
})

test('a related key has the same ID and material, and a policy, tags and description of its own', async () => {
  const key = await makeKey({
    MultiRegion: true,
    Description: 'primary',
    Tags: [{ TagKey: 'side', TagValue: 'east' }],
  })
  expect(key.KeyId).toMatch(/^mrk-[0-9a-f]{32}$/)
  const changed = JSON.stringify({
    ...JSON.parse((await east.send(new GetKeyPolicyCommand({ KeyId: key.KeyId }))).Policy ?? ''),
    Id: 'changed',
  })
  await east.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy: changed }))
  const { ReplicaKeyMetadata } = await east.send(
    new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'us-west-2' }),
  )
  const arnWest = key.Arn.replace('us-east-1', 'us-west-2')
  expect(ReplicaKeyMetadata).toMatchObject({ Arn: arnWest, KeyState: 'Creating' })
  const configuration = {
    PrimaryKey: { Arn: key.Arn, Region: 'us-east-1' },
    ReplicaKeys: [{ Arn: arnWest, Region: 'us-west-2' }],
  }
  expect((await west.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata).toMatchObject({
    KeyState: 'Enabled',
    Description: '',
    MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', ...configuration },
  })
  expect(
    (await east.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata?.MultiRegionConfiguration,
  ).toEqual({ MultiRegionKeyType: 'PRIMARY', ...configuration })
  expect((await west.send(new GetKeyPolicyCommand({ KeyId: key.KeyId }))).Policy).toContain('key-default-1')
  expect((await west.send(new ListResourceTagsCommand({ KeyId: key.KeyId }))).Tags).toEqual([])
  await expect(
    east.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'us-west-2' })),
  ).rejects.toMatchObject({ name: 'AlreadyExistsException' })
  await expect(
    west.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'us-east-1' })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
  await expect(
    east.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'eu-west-9' })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
  const single = await makeKey()
  await expect(
    east.send(new ReplicateKeyCommand({ KeyId: single.KeyId, ReplicaRegion: 'us-west-2' })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
})

test('ciphertext of one Region opens in the other while the first is gone, and everything outlives a restart', async () => {
  const key = await makeKey({ MultiRegion: true })
  await east.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'us-west-2' }))
  const { CiphertextBlob } = await east.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: plaintext }))
  await regions.stop('us-east-1')
  expect(Buffer.from((await west.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? [])).toEqual(
    plaintext,
  )
  const back = await west.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: plaintext }))
  await regions.start('us-east-1')
  expect(
    Buffer.from(
      (await east.send(new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }))).Plaintext ?? [],
    ),
  ).toEqual(plaintext)
})

test('a disabled key does nothing until it is enabled; the related key goes on', async () => {
  const key = await makeKey({ MultiRegion: true })
  await east.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: 'us-west-2' }))
  await east.send(new DisableKeyCommand({ KeyId: key.KeyId }))
  const encrypt = (client: KMSClient) =>
    client.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: plaintext }))
  await expect(encrypt(east)).rejects.toMatchObject({
    name: 'DisabledException',
    message: `${key.Arn} is disabled.`,
  })
  await encrypt(west)
  await east.send(new EnableKeyCommand({ KeyId: key.KeyId }))
  await encrypt(east)
})

test('deletion waits, can be cancelled, and waits for replicas', async () => {
  const key = await makeKey()
  await expect(
    east.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 6 })),
  ).rejects.toMatchObject({ name: 'ValidationException' })
  const scheduled = await east.send(
    new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }),
  )
  expect(scheduled).toMatchObject({ KeyId: key.Arn, KeyState: 'PendingDeletion', PendingWindowInDays: 7 })
  expect((scheduled.DeletionDate?.getTime() ?? 0) - Date.now()).toBeGreaterThan(6.9 * 86_400_000)
  await expect(
    east.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: plaintext })),
  ).rejects.toMatchObject({ name: 'KMSInvalidStateException' })
  await expect(east.send(new EnableKeyCommand({ KeyId: key.KeyId }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
  await east.send(new CancelKeyDeletionCommand({ KeyId: key.KeyId }))
  expect((await east.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata?.KeyState).toBe(
    'Disabled',
  )
  await expect(east.send(new CancelKeyDeletionCommand({ KeyId: key.KeyId }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
  const related = await makeKey({ MultiRegion: true })
  await east.send(new ReplicateKeyCommand({ KeyId: related.KeyId, ReplicaRegion: 'us-west-2' }))
  expect(await east.send(new ScheduleKeyDeletionCommand({ KeyId: related.KeyId }))).toMatchObject({
    KeyState: 'PendingReplicaDeletion',
    PendingWindowInDays: 30,
  })
})

test('an owner can’t lock themselves out by mistake, and can on purpose', async () => {
  const key = await makeKey()
  const Policy = JSON.stringify({
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'cognito-idp.amazonaws.com' },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
  await expect(east.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy }))).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
  })
  await expect(east.send(new CreateKeyCommand({ Policy }))).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
  })
  await expect(east.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy: '{' }))).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
  })
  const misspelt = JSON.stringify({
    Statement: {
      Effect: 'Allow',
      Principal: '*',
      Action: 'kms:*',
      Resource: '*',
      Condition: { NotIpAddress: { 'aws:SourceIp': '192.0.2.0/99' } },
    },
  })
  await expect(
    east.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy: misspelt })),
  ).rejects.toMatchObject({
    name: 'MalformedPolicyDocumentException',
    message: expect.stringContaining('NotIpAddress: 192.0.2.0/99'),
  })
  await east.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }))
  await expect(east.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: `User: arn:aws:iam::${account}:root is not authorized to perform: kms:DescribeKey on resource: ${key.Arn} because no resource-based policy allows the kms:DescribeKey action`,
  })
  await expect(
    east.send(new GetKeyPolicyCommand({ KeyId: (await makeKey()).KeyId, PolicyName: 'other' })),
  ).rejects.toMatchObject({ name: 'NotFoundException' })
  expect(
    (await east.send(new ListKeyPoliciesCommand({ KeyId: (await makeKey()).KeyId }))).PolicyNames,
  ).toEqual(['default'])
})

test('an alias stands for its key, moves, and goes', async () => {
  const key = await makeKey()
  const other = await makeKey()
  const AliasName = 'alias/test/one'
  await east.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.KeyId }))
  for (const KeyId of [AliasName, `arn:aws:kms:us-east-1:${account}:${AliasName}`])
    expect((await east.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyId).toBe(key.KeyId)
  await expect(
    east.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.KeyId })),
  ).rejects.toMatchObject({ name: 'AlreadyExistsException' })
  await expect(
    east.send(new CreateAliasCommand({ AliasName: 'alias/aws/x', TargetKeyId: key.KeyId })),
  ).rejects.toMatchObject({ name: 'NotAuthorizedException' })
  await expect(
    east.send(new CreateAliasCommand({ AliasName: 'alias/two', TargetKeyId: AliasName })),
  ).rejects.toMatchObject({ name: 'ValidationException' })
  await east.send(new UpdateAliasCommand({ AliasName, TargetKeyId: other.KeyId }))
  expect((await east.send(new ListAliasesCommand({ KeyId: other.KeyId }))).Aliases).toMatchObject([
    { AliasName, TargetKeyId: other.KeyId },
  ])
  await east.send(new DeleteAliasCommand({ AliasName }))
  await expect(east.send(new DescribeKeyCommand({ KeyId: AliasName }))).rejects.toMatchObject({
    name: 'NotFoundException',
    message: `Alias arn:aws:kms:us-east-1:${account}:${AliasName} is not found.`,
  })
  await expect(
    east.send(new UpdateAliasCommand({ AliasName, TargetKeyId: other.KeyId })),
  ).rejects.toMatchObject({ name: 'NotFoundException' })
})

test('tags and description change', async () => {
  const key = await makeKey()
  await east.send(
    new TagResourceCommand({
      KeyId: key.KeyId,
      Tags: [
        { TagKey: 'a', TagValue: '1' },
        { TagKey: 'b', TagValue: '2' },
      ],
    }),
  )
  await east.send(new UntagResourceCommand({ KeyId: key.KeyId, TagKeys: ['a', 'none'] }))
  expect((await east.send(new ListResourceTagsCommand({ KeyId: key.KeyId }))).Tags).toEqual([
    { TagKey: 'b', TagValue: '2' },
  ])
  await expect(
    east.send(new TagResourceCommand({ KeyId: key.KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '1' }] })),
  ).rejects.toMatchObject({ name: 'TagException' })
  await east.send(new UpdateKeyDescriptionCommand({ KeyId: key.KeyId, Description: 'new' }))
  expect((await east.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata?.Description).toBe('new')
})

test('pages of ListKeys meet every key once, and a wrong marker is refused', async () => {
  const seen: string[] = []
  let Marker: string | undefined
  do {
    const page = await east.send(new ListKeysCommand({ Limit: 3, Marker }))
    seen.push(...(page.Keys ?? []).map(({ KeyId }) => KeyId ?? ''))
    expect(page.Truncated).toBe(page.NextMarker !== undefined)
    Marker = page.NextMarker
  } while (Marker !== undefined)
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.length).toBeGreaterThan(5)
  await expect(east.send(new ListKeysCommand({ Marker: 'nonsense' }))).rejects.toMatchObject({
    name: 'InvalidMarkerException',
  })
})

test.each([
  ['00000000-0000-4000-8000-000000000000', 'NotFoundException'],
  [`arn:aws:kms:eu-west-1:${account}:key/x`, 'NotFoundException'],
  ['arn:aws:sqs:us-east-1:1:x', 'InvalidArnException'],
  ['alias/none', 'NotFoundException'],
])('the key %s: %s', async (KeyId, name) => {
  await expect(east.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name })
})

test.each([
  [{ KeySpec: 'SM2' as const, KeyUsage: 'SIGN_VERIFY' as const }, 'SM2 keys'],
  [{ Origin: 'AWS_CLOUDHSM' as const }, 'Custom key stores'],
])('a key with %j is not made, and the answer says that there are no %s', async (input, what) => {
  await expect(east.send(new CreateKeyCommand(input))).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: expect.stringContaining(what),
    $metadata: { httpStatusCode: 501 },
  })
})

test('an operation on what is not there says what is not there', async () => {
  const create = new CreateCustomKeyStoreCommand({ CustomKeyStoreName: 'hsm' })
  await expect(east.send(create)).rejects.toMatchObject({
    name: 'OperationNotImplementedException',
    message:
      'CreateCustomKeyStore is not built: this key service has no custom key stores: no HSM and no external key manager stands behind it.',
    $metadata: { httpStatusCode: 501 },
  })
})

test('neither material nor policy nor description is readable in the files', async () => {
  await makeKey({ Description: 'a description of the test' })
  await east.send(
    new CreateAliasCommand({ AliasName: 'alias/readable', TargetKeyId: (await makeKey()).KeyId }),
  )
  const store = join(regions.folder, 'us-east-1', 'store')
  const bytes = Buffer.concat(readdirSync(store).map((name) => readFileSync(join(store, name))))
  expect(bytes.includes('@kms/keys/')).toBe(true)
  for (const text of ['a description of the test', 'readable', 'Enable IAM User', 'material'])
    expect(bytes.includes(text)).toBe(false)
})
