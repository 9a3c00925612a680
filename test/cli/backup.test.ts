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

const storeFile = join(data, primaryRegion, 'store', 'store.sqlite')

test('a copy taken under writes is private, whole and of one moment', async () => {
  let isWriting = true
  let written = 0
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

test('a restored primary has all that the copy had, and does not send its secondary back in time', async () => {
  const restored = await twinpool('restore', '--data', data, '--region', primaryRegion, '--from', copy)
  expect(restored).toMatchObject({ exitCode: 0 })
  await start()
  expect((await signIn(clients, primaryRegion, pool)).accessToken).toContain('.')
  expect(await isThere(primaryRegion, 'user-10')).toBe(true)
  // The secondary goes on serving what it had, whatever is written at the primary now.
  await createUser('after-the-restore')
  expect((await signIn(clients, secondaryRegion, pool)).accessToken).toContain('.')
  for (let index = 0; index < 20; index += 1)
    expect([index, await isThere(secondaryRegion, `user-${index}`)]).toEqual([index, true])
  expect(await isThere(secondaryRegion, 'after-the-restore')).toBe(false)
})

test('the secondary says that it has diverged, and a command has it copied anew', async () => {
  const state = async (): Promise<string | undefined> => {
    const { output } = await twinpool('replicas', '--data', data)
    const { [secondaryRegion]: shown } = JSON.parse(output) as Record<
      string,
      { followers: { poolId: string; state: string }[] }
    >
    return shown?.followers.find(({ poolId }) => poolId === pool.poolId)?.state
  }
  await eventually(state, (shown) => shown === 'diverged')
  const metrics = await fetch(`${clients.origins[secondaryRegion]}/_twinpool/metrics`)
  expect(await metrics.text()).toMatch(
    new RegExp(
      `twinpool_replica_state{pool="${pool.poolId}",state="diverged",region="${secondaryRegion}"} 1`,
    ),
  )
  const flags = ['--data', data, '--region', secondaryRegion, '--pool']
  expect(await twinpool('recopy', ...flags, 'us-east-1_Unknown')).toMatchObject({ exitCode: 1 })
  expect(await twinpool('recopy', ...flags, pool.poolId)).toMatchObject({ exitCode: 0 })
  await eventually(
    () => isThere(secondaryRegion, 'after-the-restore'),
    (isFound) => isFound,
  )
  await eventually(state, (shown) => shown === 'following')
})
