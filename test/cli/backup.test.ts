// Backing a Region up while it serves, and what a Region that was restored from an older copy does.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Supervisor, startSupervisor } from '../../src/cli/supervisor.ts'
import { account, eventually } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type RegionClients,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'
import { newFolder, runCommand } from './support/command.ts'

const folder = newFolder()
const data = join(folder, 'data')
const copy = join(folder, 'copy')
let supervisor: Supervisor
let clients: RegionClients
let pool: ReplicatedPool

const start = async (): Promise<void> => {
  supervisor = await startSupervisor({
    dataFolder: data,
    regions: [primaryRegion, secondaryRegion],
    account,
    host: '127.0.0.1',
    port: 0,
    isTls: false,
    logLevel: 'silent',
    logDescriptor: 2,
    isRestarted: false,
    say: () => {},
  })
  const { endpoints, accessKey: credentials } = supervisor
  const settings = (region: string) => ({
    region,
    endpoint: endpoints.regions[region] ?? '',
    credentials,
    maxAttempts: 1,
  })
  clients = {
    origins: endpoints.regions,
    cognito: (region) => new CognitoIdentityProviderClient(settings(region)),
    kms: (region) => new KMSClient(settings(region)),
  }
}

beforeAll(async () => {
  await start()
  pool = await makeReplicatedPool(clients)
})

afterAll(async () => {
  await supervisor?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const twinpool = async (...words: readonly string[]) => runCommand(...words).ended

const createUser = (Username: string) =>
  clients
    .cognito(primaryRegion)
    .send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username, MessageAction: 'SUPPRESS' }))

const isThere = (region: string, Username: string): Promise<boolean> =>
  clients
    .cognito(region)
    .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username }))
    .then(
      () => true,
      () => false,
    )

/** Users that were made while the backup was taken. */
let written = 0
const storeFile = join(data, primaryRegion, 'store', 'store.sqlite')

test('a copy taken under writes is private, whole and of one moment', async () => {
  let isWriting = true
  const writing = (async () => {
    for (; isWriting; written += 1) await createUser(`user-${written}`)
  })()
  await eventually(
    async () => written,
    (count) => count > 20,
  )
  const flags = ['--data', data, '--region', primaryRegion]
  const { exitCode, output } = await twinpool('backup', ...flags, '--to', copy)
  isWriting = false
  await writing
  expect(exitCode).toBe(0)
  const { pools } = JSON.parse(output) as { pools: { stream: string; position: number }[] }
  expect(pools).toEqual([{ stream: pool.poolId, position: expect.any(Number), epoch: expect.any(Number) }])
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  expect(existsSync(`${copy}.part`)).toBe(false)
  const again = await twinpool('backup', ...flags, '--to', copy)
  expect(again).toMatchObject({ exitCode: 1, errors: expect.stringContaining('exists already') })
  const nowhere = join(folder, 'nowhere')
  expect(await twinpool('backup', ...flags, '--to', join(nowhere, 'copy'))).toMatchObject({
    exitCode: 1,
    errors: `twinpool backup: ${nowhere}: no such file or directory.\n`,
  })
})

test('a Region in use and a damaged copy are refused, and nothing is changed', async () => {
  const inUse = await twinpool('restore', '--data', data, '--region', primaryRegion, '--from', copy)
  expect(inUse).toMatchObject({ exitCode: 1, errors: expect.stringContaining('there is a store in') })
  const damaged = join(folder, 'damaged')
  const bytes = readFileSync(copy)
  bytes.fill(0x5a, bytes.length - 9_000, bytes.length - 1_000)
  writeFileSync(damaged, bytes)
  await supervisor.stop()
  const before = readFileSync(storeFile)
  rmSync(join(data, primaryRegion, 'store'), { recursive: true })
  const refused = await twinpool('restore', '--data', data, '--region', primaryRegion, '--from', damaged)
  expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringContaining('damaged') })
  expect(existsSync(storeFile)).toBe(false)
  expect(before.length).toBeGreaterThan(0)
})

const operate = (command: string, ...words: readonly string[]) =>
  twinpool(command, '--data', data, '--pool', pool.poolId, ...words)

test('a restored primary knows that it is older, says so, and takes no writes; its secondary serves what it had', async () => {
  const restored = await twinpool('restore', '--data', data, '--region', primaryRegion, '--from', copy)
  expect(restored).toMatchObject({ exitCode: 0 })
  await start()
  await expect(createUser('after-the-restore')).rejects.toMatchObject({
    name: 'OperationNotEnabledException',
    message:
      `AdminCreateUser is not enabled: this primary was set back to an earlier state than the replica in ${secondaryRegion}. ` +
      'The user pool takes no writes until one of the two is promoted.',
  })
  const { output } = await operate('replicas')
  expect(JSON.parse(output)).toMatchObject({
    [primaryRegion]: { Replication: { TakesWrites: false, OlderThan: { RegionName: secondaryRegion } } },
    [secondaryRegion]: { Replication: { Role: 'SECONDARY', Status: 'ACTIVE' } },
  })
  // Sign-ins go on in both, with what each has.
  expect((await signIn(clients, primaryRegion, pool)).accessToken).toContain('.')
  expect((await signIn(clients, secondaryRegion, pool)).accessToken).toContain('.')
  for (let index = 0; index < written; index += 1)
    expect([index, await isThere(secondaryRegion, `user-${index}`)]).toEqual([index, true])
})

test('the operator goes on with the secondary, and the restored Region gets what it lacks', async () => {
  const refused = await operate('promote', '--region', secondaryRegion)
  expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringContaining('set back') })
  expect(await operate('promote', '--region', primaryRegion, '--force')).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining(`${secondaryRegion} has`),
  })
  const promoted = await operate('promote', '--region', secondaryRegion, '--force')
  expect(promoted.errors).toBe('')
  for (let index = 0; index < written; index += 1)
    await eventually(
      () => isThere(primaryRegion, `user-${index}`),
      (isFound) => isFound,
    )
  const { output } = await operate('replicas')
  expect(JSON.parse(output)).toMatchObject({
    [primaryRegion]: { Replication: { Role: 'SECONDARY', FollowerState: 'following', SetAsideCount: 0 } },
    [secondaryRegion]: { Replication: { Role: 'PRIMARY', TakesWrites: true } },
  })
})

test('a command has a replica copied anew', async () => {
  const flags = ['--data', data, '--region', primaryRegion, '--pool']
  expect(await twinpool('recopy', ...flags, 'us-east-1_Unknown')).toMatchObject({ exitCode: 1 })
  expect(await twinpool('recopy', ...flags, pool.poolId)).toMatchObject({ exitCode: 0 })
  await eventually(
    async () => {
      const answer = await fetch(`${clients.origins[primaryRegion]}/_twinpool/metrics`)
      return answer.text()
    },
    (text) =>
      text.includes(
        `twinpool_replica_state{pool="${pool.poolId}",state="following",region="${primaryRegion}"} 1`,
      ),
  )
  await eventually(
    () => isThere(primaryRegion, 'user-0'),
    (isFound) => isFound,
  )
})
