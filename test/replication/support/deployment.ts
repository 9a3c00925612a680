// Regions in one process: each with a store, vault, key service and replication of its own, on a network that the test owns.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEndpoints } from '../../../src/directory/endpoints.ts'
import { passGate } from '../../../src/directory/gate.ts'
import type { Input, OperationName, Output } from '../../../src/directory/operation.ts'
import { type GlobalSettings, registeredPools, userPools } from '../../../src/directory/records/user-pool.ts'
import type { Runtime } from '../../../src/directory/runtime.ts'
import { createReplication, type Replication } from '../../../src/replication/replication.ts'
import { systemTimer } from '../../../src/replication/timer.ts'
import { createWriteGuard } from '../../../src/replication/write-guard.ts'
import { acceptRevocations } from '../../../src/signin/revocation.ts'
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { systemClock, systemRandom } from '../../../src/telemetry/clock.ts'
import type { Logger } from '../../../src/telemetry/log.ts'
import { collection } from '../../../src/vault/collection.ts'
import { createVault, type Vault } from '../../../src/vault/vault.ts'
import { createFakeKeyService, type FakeKeyService, newKey } from './key-service.ts'
import { createNetwork, type Network } from './network.ts'
import { silentLog } from './silent-log.ts'
import { waitUntil } from './wait-until.ts'

export const account = '000000000000'
export const poolId = 'us-east-1_Deploy001'
export const primaryRegion = 'us-east-1'
export const otherRegion = 'us-west-2'
export const thirdRegion = 'eu-west-1'
const keyId = 'mrk-0123456789abcdef0123456789abcdef'
export const keyArnIn = (region: string): string => `arn:aws:kms:${region}:${account}:key/${keyId}`
export const poolArnIn = (region: string): string =>
  `arn:aws:cognito-idp:${region}:${account}:userpool/${poolId}`

/** Stands for whatever the directory keeps: found by its name, with a text that must never be seen outside the vault. */
export type Note = { readonly name: string; readonly text: string }
export const notes = collection<Note, 'replicated'>('test-notes', {
  locality: 'replicated',
  keyOf: ({ name }) => name,
  terms: ({ name }) => [{ name: 'name', value: name }],
})

export type RunningRegion = {
  readonly name: string
  readonly store: Store
  readonly vault: Vault
  readonly replication: Replication
  readonly runtime: Runtime
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>>
  /** Ends the Region as an orderly stop does. */
  stop(): Promise<void>
}

export type Deployment = {
  readonly network: Network
  readonly keyServices: Readonly<Record<string, FakeKeyService>>
  region(name: string): RunningRegion
  start(name: string): Promise<RunningRegion>
  stop(name: string): Promise<void>
  /** Makes the pool, on a customer managed key, with some notes. */
  makePool(settings?: GlobalSettings): Promise<void>
  /** Writes it at the Region, the first primary unless another is named. */
  put(note: Note, at?: string): Promise<void>
  /** Creates a replica and waits until it is INACTIVE on both sides. */
  makeReplica(region: string): Promise<void>
  statusAt(region: string, of: string): Promise<string | undefined>
  /** Every running replica is where the primary is, by default the first one. */
  settled(primary?: string): Promise<void>
  close(): Promise<void>
}

type DeploymentOptions = {
  readonly regions: readonly string[]
  readonly delayMs?: () => number
  readonly keepsBytes?: boolean
  readonly log?: Logger
}

export const createDeployment = async (options: DeploymentOptions): Promise<Deployment> => {
  const folder = await mkdtemp(join(tmpdir(), 'deployment-'))
  const network = createNetwork({
    timer: systemTimer,
    ...(options.delayMs === undefined ? {} : { delayMs: options.delayMs }),
    ...(options.keepsBytes === undefined ? {} : { keepsBytes: options.keepsBytes }),
  })
  const running = new Map<string, RunningRegion>()
  const regionKeys = new Map(options.regions.map((name) => [name, randomBytes(32)]))
  const keyServices = Object.fromEntries(options.regions.map((name) => [name, createFakeKeyService()]))
  const material = randomBytes(32)
  for (const name of options.regions) keyServices[name]?.keys.set(keyArnIn(name), newKey(material))

  const start = async (name: string): Promise<RunningRegion> => {
    const keyService = keyServices[name]?.client
    const bytes = regionKeys.get(name)
    if (keyService === undefined || bytes === undefined) throw new Error(`no Region ${name}`)
    const store = await openSqliteStore({ folder: join(folder, name), clock: systemClock })
    const common = { region: name, account, clock: systemClock, random: systemRandom, store, keyService }
    const log = options.log ?? silentLog
    const guard = createWriteGuard(store)
    const vault = await createVault({
      ...common,
      store: guard.store,
      regionKey: { id: 0, bytes },
      dataKeyLifetimeMs: 60_000,
    })
    const replication = createReplication({
      ...common,
      log,
      vault,
      transport: network.transportOf(name),
      knownRegions: options.regions,
      acceptRevocations: (pool, list) =>
        acceptRevocations(pool, list, { vault, clock: systemClock, random: systemRandom }),
      followerTiming: { backOff: { firstMs: 5, mostMs: 50 } },
      feedTiming: { heartbeatMs: 100, pollMs: 50 },
      catchUpMs: 2_000,
      confirmationWaitMs: 300,
    })
    guard.watchWith(replication.watch)
    const runtime = {
      region: name,
      account,
      clock: systemClock,
      random: systemRandom,
      log,
      vault,
      endpoints: createEndpoints({
        region: name,
        account,
        regionOrigin: 'http://127.0.0.1:1',
        routerOrigin: 'http://127.0.0.1:2',
        scheme: 'http',
        portSuffix: '',
      }),
      replicaControl: replication.control,
      // No operation of replication checks a password, sends a message or calls a function.
      passwords: undefined as never,
      messages: undefined as never,
      triggers: undefined as never,
    } satisfies Runtime
    const operations = new Map<string, (typeof replication.operations)[number]>(
      replication.operations.map((operation) => [operation.name, operation]),
    )
    await replication.askAround()
    const leave = network.attach(name, replication.handlers)
    await replication.start()
    const region: RunningRegion = {
      name,
      store,
      vault,
      replication,
      runtime,
      call: async (operationName, input) => {
        const operation = operations.get(operationName)
        if (operation === undefined) throw new Error(`${operationName} is not an operation of replication`)
        const invocation = { operation: operationName, input, caller: undefined, requestId: '', sourceIp: '' }
        return (await passGate(operation, invocation, runtime)) as never
      },
      stop: async () => {
        running.delete(name)
        leave()
        await replication.close()
        await store.close()
      },
    }
    running.set(name, region)
    return region
  }
  const regionOf = (name: string): RunningRegion => {
    const region = running.get(name)
    if (region === undefined) throw new Error(`${name} is not running`)
    return region
  }
  const statusAt = async (where: string, of: string): Promise<string | undefined> =>
    (await regionOf(where).replication.control.listReplicas(poolId)).find(
      ({ regionName }) => regionName === of,
    )?.status

  const deployment: Deployment = {
    network,
    keyServices,
    region: regionOf,
    start,
    stop: (name) => regionOf(name).stop(),
    makePool: async (settings = { UserPoolTier: 'ESSENTIALS', IssuerConfiguration: { Type: 'UPDATED' } }) => {
      const { vault } = regionOf(primaryRegion)
      await vault.createPool(poolId, {
        poolArn: poolArnIn(primaryRegion),
        kmsKeyArn: keyArnIn(primaryRegion),
      })
      const about = { poolId, name: 'pool', createdAtMs: 1, modifiedAtMs: 1 }
      await vault
        .pool(poolId)
        .primary.commit((changes) => changes.create(userPools, { ...about, schema: [], settings }))
      await vault.region.commit((changes) =>
        changes.create(registeredPools, {
          ...about,
          role: 'PRIMARY',
          status: 'ACTIVE',
          statusAtMs: 1,
          primaryRegion,
          replicaRegions: [],
        }),
      )
    },
    put: async (note, at = primaryRegion) => {
      const { primary } = regionOf(at).vault.pool(poolId)
      const stored = await primary.get(notes, note.name)
      await primary.commit((changes) =>
        stored === undefined ? changes.create(notes, note) : changes.replace(notes, stored, note),
      )
    },
    makeReplica: async (region) => {
      await regionOf(primaryRegion).call('CreateUserPoolReplica', { UserPoolId: poolId, RegionName: region })
      await waitUntil(
        `the replica in ${region} is INACTIVE`,
        async () => (await statusAt(primaryRegion, region)) === 'INACTIVE',
      )
      await deployment.settled()
    },
    statusAt,
    settled: (at = primaryRegion) =>
      waitUntil('every running replica is where the primary is', async () => {
        const primary = await regionOf(at).store.head(poolId)
        for (const { name, store, vault } of running.values()) {
          if ((await vault.region.get(registeredPools, poolId)) === undefined) continue
          const head = await store.head(poolId)
          if (head.copy !== undefined || head.position !== primary.position) return false
          if (head.digest !== primary.digest) throw new Error(`${name} differs at ${head.position}`)
        }
        return true
      }),
    close: async () => {
      await Promise.all([...running.values()].map((region) => region.stop()))
      await rm(folder, { recursive: true })
    },
  }
  await Promise.all(options.regions.map(start))
  return deployment
}
