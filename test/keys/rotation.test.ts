// Rotation, and the primary key's move to another Region, through the AWS SDK in two Regions; and the schedule, with a clock of its own.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKeyService } from '../../src/keys/key-service.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { account, eventually, startRegions, type TestRegions } from '../support/regions.ts'

let regions: TestRegions
let east: KMSClient
let west: KMSClient
beforeAll(async () => {
  regions = await startRegions()
  east = regions.kms('us-east-1')
  west = regions.kms('us-west-2')
})
afterAll(() => regions.close())

const plaintext = Buffer.from('a plaintext of the test')
const makeKey = async (MultiRegion = false): Promise<string> => {
  const { KeyMetadata } = await east.send(new CreateKeyCommand({ MultiRegion }))
  const KeyId = KeyMetadata?.KeyId ?? ''
  if (MultiRegion) await east.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  return KeyId
}
const encrypt = async (client: KMSClient, KeyId: string) =>
  (await client.send(new EncryptCommand({ KeyId, Plaintext: plaintext }))).CiphertextBlob
const materialOf = async (client: KMSClient, CiphertextBlob: Uint8Array | undefined) => {
  const opened = await client.send(new DecryptCommand({ CiphertextBlob }))
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(plaintext)
  return opened.KeyMaterialId
}
const currentIn = async (client: KMSClient, KeyId: string) =>
  (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId
const statusIn = (client: KMSClient, KeyId: string) => client.send(new GetKeyRotationStatusCommand({ KeyId }))
const rotationsIn = async (client: KMSClient, KeyId: string, all = true) =>
  (
    await client.send(
      new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: all ? 'ALL_KEY_MATERIAL' : 'ROTATIONS_ONLY' }),
    )
  ).Rotations

test('after a rotation on demand the key encrypts under new material and old ciphertext opens', async () => {
  const KeyId = await makeKey()
  const first = await currentIn(east, KeyId)
  expect(first).toMatch(/^[0-9a-f]{64}$/)
  const old = await encrypt(east, KeyId)
  await east.send(new RotateKeyOnDemandCommand({ KeyId }))
  const second = await currentIn(east, KeyId)
  expect(second).not.toBe(first)
  expect(await materialOf(east, old)).toBe(first)
  expect(await materialOf(east, await encrypt(east, KeyId))).toBe(second)
  expect((await east.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))).KeyMaterialId).toBe(
    second,
  )
  expect(await rotationsIn(east, KeyId)).toMatchObject([
    { KeyMaterialId: first, KeyMaterialState: 'NON_CURRENT' },
    { KeyMaterialId: second, KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND' },
  ])
  expect(await rotationsIn(east, KeyId, false)).toMatchObject([{ KeyMaterialId: second }])
  expect((await statusIn(east, KeyId)).KeyRotationEnabled).toBe(false)
})

test('a key can be rotated on demand 25 times', async () => {
  const KeyId = await makeKey()
  for (let count = 0; count < 25; count++) await east.send(new RotateKeyOnDemandCommand({ KeyId }))
  await expect(east.send(new RotateKeyOnDemandCommand({ KeyId }))).rejects.toMatchObject({
    name: 'LimitExceededException',
  })
})

test('related keys rotate together, set at the primary, and no ciphertext waits for the other Region', async () => {
  const KeyId = await makeKey(true)
  const first = await currentIn(east, KeyId)
  expect(await currentIn(west, KeyId)).toBe(first)
  await east.send(new RotateKeyOnDemandCommand({ KeyId }))
  const second = await eventually(
    () => currentIn(west, KeyId),
    (id) => id !== first,
  )
  expect(await currentIn(east, KeyId)).toBe(second)
  expect(await materialOf(west, await encrypt(east, KeyId))).toBe(second)

  await east.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }))
  const status = await eventually(
    () => statusIn(west, KeyId),
    ({ KeyRotationEnabled }) => KeyRotationEnabled === true,
  )
  expect(status.RotationPeriodInDays).toBe(90)
  expect(Math.round(((status.NextRotationDate?.getTime() ?? 0) - Date.now()) / 86_400_000)).toBe(90)
  for (const command of [
    new EnableKeyRotationCommand({ KeyId }),
    new DisableKeyRotationCommand({ KeyId }),
    new RotateKeyOnDemandCommand({ KeyId }),
  ])
    await expect(west.send(command as EnableKeyRotationCommand)).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    })
  await east.send(new EnableKeyRotationCommand({ KeyId }))
  expect((await statusIn(east, KeyId)).RotationPeriodInDays).toBe(365)
  await east.send(new DisableKeyRotationCommand({ KeyId }))
  await eventually(
    () => statusIn(west, KeyId),
    ({ KeyRotationEnabled }) => KeyRotationEnabled === false,
  )
})

test('while a related key is out of reach a rotation waits, and the key goes on under its former material', async () => {
  const KeyId = await makeKey(true)
  const first = await currentIn(east, KeyId)
  await regions.stop('us-west-2')
  await east.send(new RotateKeyOnDemandCommand({ KeyId }))
  expect((await statusIn(east, KeyId)).OnDemandRotationStartDate).toBeInstanceOf(Date)
  expect(await currentIn(east, KeyId)).toBe(first)
  await expect(east.send(new RotateKeyOnDemandCommand({ KeyId }))).rejects.toMatchObject({
    name: 'ConflictException',
  })
  const meanwhile = await encrypt(east, KeyId)
  // The rotation is not forgotten with the process that began it.
  await regions.stop('us-east-1')
  await regions.start('us-east-1')
  await regions.start('us-west-2')
  await eventually(
    () => currentIn(east, KeyId),
    (id) => id !== first,
  )
  expect(await materialOf(west, meanwhile)).toBe(first)
  expect(await materialOf(west, await encrypt(east, KeyId))).toBe(await currentIn(east, KeyId))
})

test('a key that can not be used is not rotated', async () => {
  const KeyId = await makeKey()
  const commands = [
    new EnableKeyRotationCommand({ KeyId }),
    new DisableKeyRotationCommand({ KeyId }),
    new RotateKeyOnDemandCommand({ KeyId }),
  ] as EnableKeyRotationCommand[]
  await east.send(new EnableKeyRotationCommand({ KeyId }))
  await east.send(new DisableKeyCommand({ KeyId }))
  for (const command of commands)
    await expect(east.send(command)).rejects.toMatchObject({ name: 'DisabledException' })
  expect((await statusIn(east, KeyId)).KeyRotationEnabled).toBe(true)
  await east.send(new EnableKeyCommand({ KeyId }))
  await east.send(new ScheduleKeyDeletionCommand({ KeyId }))
  for (const command of commands)
    await expect(east.send(command)).rejects.toMatchObject({ name: 'KMSInvalidStateException' })
  expect((await statusIn(east, KeyId)).KeyRotationEnabled).toBe(false)
})

test('the primary key moves to another Region, which then rotates and replicates', async () => {
  const KeyId = await makeKey(true)
  await expect(
    east.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' })),
  ).rejects.toMatchObject({ name: 'NotFoundException' })
  await expect(
    west.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
  await expect(
    east.send(new UpdatePrimaryRegionCommand({ KeyId: await makeKey(), PrimaryRegion: 'us-west-2' })),
  ).rejects.toMatchObject({ name: 'UnsupportedOperationException' })

  const old = await encrypt(east, KeyId)
  await east.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'us-west-2' }))
  const configurations = await Promise.all(
    [east, west].map(async (client) => {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
      return KeyMetadata?.MultiRegionConfiguration
    }),
  )
  const arnIn = (region: string) => `arn:aws:kms:${region}:${account}:key/${KeyId}`
  const shared = {
    PrimaryKey: { Arn: arnIn('us-west-2'), Region: 'us-west-2' },
    ReplicaKeys: [{ Arn: arnIn('us-east-1'), Region: 'us-east-1' }],
  }
  expect(configurations).toEqual([
    { MultiRegionKeyType: 'REPLICA', ...shared },
    { MultiRegionKeyType: 'PRIMARY', ...shared },
  ])
  await expect(east.send(new RotateKeyOnDemandCommand({ KeyId }))).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
  })
  const first = await currentIn(west, KeyId)
  await west.send(new RotateKeyOnDemandCommand({ KeyId }))
  await eventually(
    () => currentIn(east, KeyId),
    (id) => id !== first,
  )
  expect(await materialOf(west, old)).toBe(first)
  expect(await materialOf(east, await encrypt(west, KeyId))).not.toBe(first)
  // And back again.
  await west.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'us-east-1' }))
  await east.send(new RotateKeyOnDemandCommand({ KeyId }))
})

test('the policy of the key that is to be primary has a say, and so has its state', async () => {
  const KeyId = await makeKey(true)
  const move = () => east.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'us-west-2' }))
  await west.send(new DisableKeyCommand({ KeyId }))
  await expect(move()).rejects.toMatchObject({ name: 'DisabledException' })
  await west.send(new EnableKeyCommand({ KeyId }))
  const Policy = JSON.stringify({
    Statement: [
      { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Principal: '*', Action: 'kms:UpdatePrimaryRegion', Resource: '*' },
    ],
  })
  await west.send(new PutKeyPolicyCommand({ KeyId, Policy }))
  await expect(move()).rejects.toMatchObject({ name: 'AccessDeniedException' })
  expect(
    (await east.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.MultiRegionConfiguration
      ?.MultiRegionKeyType,
  ).toBe('PRIMARY')
})

test('a key rotates by itself when its day has come, unless it is disabled then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-rotation-'))
  let nowMs = Date.parse('2030-01-01T00:00:00Z')
  const clock = { now: () => nowMs }
  const store = await openSqliteStore({ folder, clock })
  const service = await createKeyService({
    region: 'us-east-1',
    account,
    store,
    rootKey: { id: 1, bytes: randomBytes(32) },
    transportKey: { id: 1, bytes: randomBytes(32) },
    clock,
    random: systemRandom,
    log: createLogger({ level: 'silent' }),
    peers: { knownRegions: [], send: () => Promise.reject(new Error('there is no other Region')) },
  })
  const call = (operation: string, input: object) =>
    service.invoke({
      operation,
      input,
      caller: { kind: 'account', account, accessKeyId: 'A', arn: `arn:aws:iam::${account}:root` },
      requestId: 'request',
      sourceIp: '',
    }) as Promise<Record<string, unknown>>
  try {
    const { KeyMetadata } = (await call('CreateKey', {})) as { KeyMetadata: { KeyId: string } }
    const { KeyId } = KeyMetadata
    await call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 100 })
    const { CiphertextBlob } = await call('Encrypt', { KeyId, Plaintext: plaintext })
    const rotatedCount = async () =>
      ((await call('ListKeyRotations', { KeyId })).Rotations as unknown[]).length
    const dayMs = 86_400_000
    nowMs += 99 * dayMs
    await service.sweep()
    expect(await rotatedCount()).toBe(0)
    nowMs += dayMs
    await service.sweep()
    await service.sweep()
    expect(await call('ListKeyRotations', { KeyId })).toMatchObject({
      Rotations: [{ RotationType: 'AUTOMATIC', RotationDate: new Date(nowMs) }],
    })
    expect(await call('GetKeyRotationStatus', { KeyId })).toMatchObject({
      NextRotationDate: new Date(nowMs + 100 * dayMs),
    })
    await call('DisableKey', { KeyId })
    nowMs += 101 * dayMs
    await service.sweep()
    expect(await rotatedCount()).toBe(1)
    await call('EnableKey', { KeyId })
    await service.sweep()
    expect(await rotatedCount()).toBe(2)
    expect((await call('Decrypt', { CiphertextBlob })).Plaintext).toEqual(plaintext)
  } finally {
    await service.close()
    await store.close()
    rmSync(folder, { recursive: true })
  }
})
