// Imported key material through the AWS SDK: wrapped as a key's owner would wrap it, deleted, expired, imported again, and rotated.
import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import {
  type AlgorithmSpec,
  CreateKeyCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startRegions, type TestRegions } from '../support/regions.ts'

let regions: TestRegions
let east: KMSClient
let west: KMSClient
beforeAll(async () => {
  regions = await startRegions()
  east = regions.kms('us-east-1')
  west = regions.kms('us-west-2')
})
afterAll(() => regions.close())

const Plaintext = Buffer.from('a plaintext of the test')
const makeKey = async (MultiRegion = false): Promise<string> =>
  (await east.send(new CreateKeyCommand({ Origin: 'EXTERNAL', MultiRegion }))).KeyMetadata?.KeyId ?? ''
const described = async (KeyId: string, client = east) =>
  (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata
const encrypt = async (KeyId: string, client = east) =>
  (await client.send(new EncryptCommand({ KeyId, Plaintext }))).CiphertextBlob
const decrypt = async (CiphertextBlob: Uint8Array | undefined, client = east) =>
  Buffer.from((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext ?? [])

const wrap = (material: Buffer, publicDer: Uint8Array, algorithm: AlgorithmSpec): Buffer => {
  const key = createPublicKey({ key: Buffer.from(publicDer), format: 'der', type: 'spki' })
  const oaepHash = algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256'
  const rsa = (bytes: Buffer) =>
    publicEncrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, bytes)
  if (algorithm.startsWith('RSAES')) return rsa(material)
  const aesKey = randomBytes(32)
  const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([rsa(aesKey), cipher.update(material), cipher.final()])
}

type ImportOptions = Partial<ConstructorParameters<typeof ImportKeyMaterialCommand>[0]>
const importInto = async (
  KeyId: string,
  material: Buffer,
  {
    client = east,
    algorithm = 'RSAES_OAEP_SHA_256' as AlgorithmSpec,
    ...options
  }: ImportOptions & { readonly client?: KMSClient; readonly algorithm?: AlgorithmSpec } = {},
) => {
  const { PublicKey, ImportToken } = await client.send(
    new GetParametersForImportCommand({ KeyId, WrappingAlgorithm: algorithm, WrappingKeySpec: 'RSA_2048' }),
  )
  return client.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: wrap(material, PublicKey ?? new Uint8Array(), algorithm),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      ...options,
    }),
  )
}

const pendingImport = (KeyId: string) => ({
  name: 'KMSInvalidStateException',
  message: expect.stringMatching(`${KeyId} is pending import.`),
})

test.each<AlgorithmSpec>([
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
])('material wrapped by %s makes a key that waits for it usable', async (algorithm) => {
  const KeyId = await makeKey()
  expect(await described(KeyId)).toMatchObject({
    KeyState: 'PendingImport',
    Enabled: false,
    Origin: 'EXTERNAL',
  })
  await expect(encrypt(KeyId)).rejects.toMatchObject(pendingImport(KeyId))
  await expect(east.send(new EnableKeyCommand({ KeyId }))).rejects.toMatchObject(pendingImport(KeyId))
  const { KeyMaterialId } = await importInto(KeyId, randomBytes(32), { algorithm })
  expect(await described(KeyId)).toMatchObject({
    KeyState: 'Enabled',
    CurrentKeyMaterialId: KeyMaterialId,
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  })
  expect(await decrypt(await encrypt(KeyId))).toEqual(Plaintext)
})

test('deleted material makes the key wait, and only the same material brings it back', async () => {
  const KeyId = await makeKey()
  const material = randomBytes(32)
  await importInto(KeyId, material)
  const ciphertext = await encrypt(KeyId)
  await east.send(new DeleteImportedKeyMaterialCommand({ KeyId }))
  expect((await described(KeyId))?.KeyState).toBe('PendingImport')
  await expect(decrypt(ciphertext)).rejects.toMatchObject(pendingImport(KeyId))
  await east.send(new DeleteImportedKeyMaterialCommand({ KeyId }))
  await expect(importInto(KeyId, randomBytes(32))).rejects.toMatchObject({
    name: 'IncorrectKeyMaterialException',
  })
  await importInto(KeyId, material)
  expect(await decrypt(ciphertext)).toEqual(Plaintext)
})

test('material that expires makes the key wait by itself', async () => {
  const KeyId = await makeKey()
  const ValidTo = new Date(Date.now() + 2_000)
  await importInto(KeyId, randomBytes(32), { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo })
  const shown = await described(KeyId)
  expect(shown?.ExpirationModel).toBe('KEY_MATERIAL_EXPIRES')
  expect(Math.abs((shown?.ValidTo?.getTime() ?? 0) - ValidTo.getTime())).toBeLessThan(1_000)
  const ciphertext = await encrypt(KeyId)
  await eventually(
    () => described(KeyId),
    (key) => key?.KeyState === 'PendingImport',
  )
  await expect(decrypt(ciphertext)).rejects.toMatchObject(pendingImport(KeyId))
})

test.each<[string, ImportOptions]>([
  ['no date', { ExpirationModel: 'KEY_MATERIAL_EXPIRES' }],
  ['no model and no date', { ExpirationModel: undefined }],
  ['a date in the past', { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date(1_000_000) }],
  ['a date too far away', { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: new Date('2999-01-01') }],
  ['a date though it does not expire', { ValidTo: new Date(Date.now() + 100_000) }],
])('expiry with %s is refused', async (_what, options) => {
  const KeyId = await makeKey()
  await expect(importInto(KeyId, randomBytes(32), options)).rejects.toMatchObject({
    name: 'ValidationException',
  })
  expect((await described(KeyId))?.KeyState).toBe('PendingImport')
})

test('what is not wrapped for this key, or is no key, is refused', async () => {
  const KeyId = await makeKey()
  const other = await makeKey()
  const parameters = await east.send(
    new GetParametersForImportCommand({
      KeyId: other,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    }),
  )
  expect((parameters.ParametersValidTo?.getTime() ?? 0) - Date.now()).toBeGreaterThan(23 * 3_600_000)
  await expect(
    importInto(KeyId, randomBytes(32), { ImportToken: parameters.ImportToken }),
  ).rejects.toMatchObject({ name: 'InvalidImportTokenException' })
  await expect(
    importInto(KeyId, randomBytes(32), { EncryptedKeyMaterial: randomBytes(256) }),
  ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
  await expect(importInto(KeyId, randomBytes(16))).rejects.toMatchObject({
    name: 'IncorrectKeyMaterialException',
  })
  await expect(importInto(KeyId, randomBytes(32), { KeyMaterialId: 'a'.repeat(64) })).rejects.toMatchObject({
    name: 'IncorrectKeyMaterialException',
  })
  await expect(
    east.send(
      new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: 'RSAES_PKCS1_V1_5',
        WrappingKeySpec: 'RSA_2048',
      }),
    ),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
})

test('a key made here takes no material, and one that is imported does not rotate by itself', async () => {
  const made = (await east.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? ''
  const unsupported = { name: 'UnsupportedOperationException' }
  await expect(importInto(made, randomBytes(32))).rejects.toMatchObject(unsupported)
  await expect(east.send(new DeleteImportedKeyMaterialCommand({ KeyId: made }))).rejects.toMatchObject(
    unsupported,
  )
  const KeyId = await makeKey()
  await importInto(KeyId, randomBytes(32))
  await expect(east.send(new EnableKeyRotationCommand({ KeyId }))).rejects.toMatchObject(unsupported)
  await east.send(new ScheduleKeyDeletionCommand({ KeyId }))
  await expect(importInto(KeyId, randomBytes(32))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
})

test('new material is imported beside the old and takes over when its owner rotates', async () => {
  const KeyId = await makeKey()
  const material = randomBytes(32)
  const { KeyMaterialId: first } = await importInto(KeyId, material)
  const old = await encrypt(KeyId)
  await expect(east.send(new RotateKeyOnDemandCommand({ KeyId }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
  const { KeyMaterialId: second } = await importInto(KeyId, randomBytes(32), {
    ImportType: 'NEW_KEY_MATERIAL',
    KeyMaterialDescription: 'the next one',
  })
  const listed = async () =>
    (await east.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })))
      .Rotations
  expect(await listed()).toMatchObject([
    { KeyMaterialId: first, KeyMaterialState: 'CURRENT', ImportState: 'IMPORTED' },
    {
      KeyMaterialId: second,
      KeyMaterialState: 'PENDING_ROTATION',
      ImportState: 'IMPORTED',
      KeyMaterialDescription: 'the next one',
    },
  ])
  await east.send(new RotateKeyOnDemandCommand({ KeyId }))
  expect((await described(KeyId))?.CurrentKeyMaterialId).toBe(second)
  expect(await decrypt(old)).toEqual(Plaintext)
  // All materials in use have to be there.
  await east.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId: first }))
  await expect(encrypt(KeyId)).rejects.toMatchObject(pendingImport(KeyId))
  await importInto(KeyId, material, { KeyMaterialId: first })
  expect(await decrypt(old)).toEqual(Plaintext)
})

test('what tells materials apart has to fit, and a description stays until another is given', async () => {
  const KeyId = await makeKey()
  const material = randomBytes(32)
  const { KeyMaterialId } = await importInto(KeyId, material, { KeyMaterialDescription: 'the first one' })
  await importInto(KeyId, material)
  const { Rotations } = await east.send(
    new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
  )
  expect(Rotations).toMatchObject([{ KeyMaterialId, KeyMaterialDescription: 'the first one' }])
  const mac = await east.send(
    new CreateKeyCommand({ Origin: 'EXTERNAL', KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  )
  const macId = mac.KeyMetadata?.KeyId ?? ''
  const refused: readonly (readonly [string, ImportOptions])[] = [
    [KeyId, { ImportType: 'NEW_KEY_MATERIAL', KeyMaterialId }],
    [macId, { ImportType: 'NEW_KEY_MATERIAL' }],
    [macId, { KeyMaterialDescription: 'the first one' }],
    [macId, { KeyMaterialId }],
  ]
  for (const [keyId, options] of refused)
    await expect(importInto(keyId, material, options)).rejects.toMatchObject({ name: 'ValidationException' })
  // The same bytes have another ID in another key, which they were never imported into.
  const other = await makeKey()
  await expect(importInto(other, material, { KeyMaterialId })).rejects.toMatchObject({
    name: 'IncorrectKeyMaterialException',
  })
})

test('a related key waits for the same material, which does not travel', async () => {
  const KeyId = await makeKey(true)
  const material = randomBytes(32)
  await importInto(KeyId, material)
  await east.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  expect((await described(KeyId, west))?.KeyState).toBe('PendingImport')
  const ciphertext = await encrypt(KeyId)
  await expect(decrypt(ciphertext, west)).rejects.toMatchObject(pendingImport(KeyId))
  await expect(importInto(KeyId, randomBytes(32), { client: west })).rejects.toMatchObject({
    name: 'IncorrectKeyMaterialException',
  })
  await importInto(KeyId, material, { client: west })
  expect(await decrypt(ciphertext, west)).toEqual(Plaintext)
})

test('new material of related keys goes to each of them, and then they rotate together', async () => {
  const KeyId = await makeKey(true)
  const [first, second] = [randomBytes(32), randomBytes(32)]
  await importInto(KeyId, first)
  await east.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  await importInto(KeyId, first, { client: west })
  const old = await encrypt(KeyId)
  const newMaterial = { ImportType: 'NEW_KEY_MATERIAL' } as const
  await expect(importInto(KeyId, second, { client: west, ...newMaterial })).rejects.toMatchObject({
    name: 'IncorrectKeyMaterialException',
  })
  const { KeyMaterialId } = await importInto(KeyId, second, newMaterial)
  const stateIn = async (client: KMSClient) =>
    (
      await client.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }))
    ).Rotations?.find((rotation) => rotation.KeyMaterialId === KeyMaterialId)?.KeyMaterialState
  expect(await stateIn(east)).toBe('PENDING_MULTI_REGION_IMPORT_AND_ROTATION')
  await expect(east.send(new RotateKeyOnDemandCommand({ KeyId }))).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
  })
  const wanted = (state: string) => (is: string | undefined) => is === state
  await eventually(() => stateIn(west), wanted('PENDING_MULTI_REGION_IMPORT_AND_ROTATION'))
  await importInto(KeyId, second, { client: west })
  await eventually(() => stateIn(east), wanted('PENDING_ROTATION'))
  await east.send(new RotateKeyOnDemandCommand({ KeyId }))
  const young = await encrypt(KeyId)
  for (const ciphertext of [old, young]) expect(await decrypt(ciphertext, west)).toEqual(Plaintext)
  await eventually(() => stateIn(west), wanted('CURRENT'))
  expect((await described(KeyId, west))?.CurrentKeyMaterialId).toBe(KeyMaterialId)
})

test('material that related keys have not rotated to yet is given up at the primary, for all of them', async () => {
  const KeyId = await makeKey(true)
  const [first, second] = [randomBytes(32), randomBytes(32)]
  await importInto(KeyId, first)
  await east.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  await importInto(KeyId, first, { client: west })
  const { KeyMaterialId } = await importInto(KeyId, second, { ImportType: 'NEW_KEY_MATERIAL' })
  const countIn = async (client: KMSClient) =>
    (await client.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })))
      .Rotations?.length
  await eventually(
    () => countIn(west),
    (count) => count === 2,
  )
  await importInto(KeyId, second, { client: west })
  await west.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }))
  expect(await countIn(west)).toBe(2)
  await east.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }))
  await eventually(
    () => countIn(west),
    (count) => count === 1,
  )
  expect(await decrypt(await encrypt(KeyId), west)).toEqual(Plaintext)
})

test('the last use of a key is told, and outlives a restart', async () => {
  const KeyId = (await east.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? ''
  const asked = () => east.send(new GetKeyLastUsageCommand({ KeyId }))
  expect((await asked()).KeyLastUsage).toBeUndefined()
  const ciphertext = await encrypt(KeyId)
  expect((await asked()).KeyLastUsage?.Operation).toBe('Encrypt')
  const { $metadata } = await east.send(new DecryptCommand({ CiphertextBlob: ciphertext }))
  const wanted = { Operation: 'Decrypt', KmsRequestId: $metadata.requestId }
  expect((await asked()).KeyLastUsage).toMatchObject(wanted)
  await regions.stop('us-east-1')
  await regions.start('us-east-1')
  const answer = await asked()
  expect(answer.KeyLastUsage).toMatchObject(wanted)
  expect(answer.KeyCreationDate).toEqual(answer.TrackingStartDate)
})

test('a dry run says that it would have worked, and a wrong one why not', async () => {
  const KeyId = (await east.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? ''
  await expect(east.send(new EncryptCommand({ KeyId, Plaintext, DryRun: true }))).rejects.toMatchObject({
    name: 'DryRunOperationException',
  })
  await expect(
    east.send(new EncryptCommand({ KeyId: 'alias/none', Plaintext, DryRun: true })),
  ).rejects.toMatchObject({ name: 'NotFoundException' })
})
