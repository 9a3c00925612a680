// A simulated deployment: Regions with disks, clocks, key services and processes that come and go, on one network, all from one seed.
import { createReplication, type Replication } from '../../../src/replication/replication.ts'
import { createWriteGuard } from '../../../src/replication/write-guard.ts'
import { acceptRevocations } from '../../../src/signin/revocation.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Clock } from '../../../src/telemetry/clock.ts'
import type { KeyServiceClient } from '../../../src/vault/key-service-client.ts'
import { createVault, type Vault } from '../../../src/vault/vault.ts'
import { account, keyArnIn } from '../support/deployment.ts'
import { createFakeKeyService, type FakeKeyService, newKey } from '../support/key-service.ts'
import { silentLog } from '../support/silent-log.ts'
import type { Dice } from './dice.ts'
import { createDisk, type Disk, type DiskWitness } from './disk.ts'
import { createLife, type Life } from './life.ts'
import { createMemoryStore } from './memory-store.ts'
import type { Mutation } from './mutations.ts'
import { createSimulatedNetwork, type NetworkWitness, type SimulatedNetwork } from './network.ts'
import { createSimulatedTime, type SimulatedTime } from './time.ts'

/** What runs in a Region between a start and a crash. */
export type Process = {
  readonly life: Life
  readonly vault: Vault
  readonly replication: Replication
  /** It answers its peers and its users. */
  isServing: boolean
}

export type SimulatedRegion = {
  readonly name: string
  readonly disk: Disk
  readonly keyService: FakeKeyService
  readonly clock: Clock
  /** Sets the Region's clock that far from the true time. */
  setClock(offMs: number): void
  /** Opens everything of this Region, whatever state its process, its disk and its key are in: for the checks. Present once it has run. */
  reader: Vault | undefined
  process: Process | undefined
  /** Its last start failed or is under way. */
  starting: Life | undefined
}

export type World = {
  readonly dice: Dice
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly regions: ReadonlyMap<string, SimulatedRegion>
  region(name: string): SimulatedRegion
  /** Resolves when the process serves; rejects when it can't start, as with a full disk. Does nothing if there is one. */
  start(name: string): Promise<void>
  crash(name: string): void
  /** The Region's process ends, and it begins again with an empty disk. */
  loseDisk(name: string): void
  /** Does what takes simulated time. */
  during<Value>(work: Promise<Value>): Promise<Value>
}

export type WorldOptions = {
  readonly names: readonly string[]
  readonly dice: Dice
  readonly mutation: Mutation
  diskWitness(region: string): DiskWitness
  readonly networkWitness: NetworkWitness
  /** Told of every write to a pool that the Region's store has acknowledged to whoever wrote. */
  acknowledged(region: string, position: number): void
}

const regionKeyId = 0
/** Nobody waits longer than this for anything that must come. */
const patienceMs = 60_000

export const createWorld = (options: WorldOptions): World => {
  const { names, dice, mutation } = options
  const time = createSimulatedTime()
  const network = createSimulatedNetwork({
    time,
    dice: dice.fork('network'),
    witness: options.networkWitness,
  })
  const material = dice.bytes(32)
  const regionKeys = new Map(names.map((name) => [name, { id: regionKeyId, bytes: dice.bytes(32) }]))

  const makeRegion = (name: string): SimulatedRegion => {
    let offMs = 0
    const clock: Clock = { now: () => time.clock.now() + offMs }
    const keyService = createFakeKeyService(dice.fork(`keys of ${name}`))
    keyService.keys.set(keyArnIn(name), newKey(material))
    const content = createMemoryStore(clock, mutation.memoryStore)
    const disk = createDisk({
      content,
      time,
      dice: dice.fork(`disk of ${name}`),
      witness: options.diskWitness(name),
    })
    return {
      name,
      disk,
      keyService,
      clock,
      setClock: (ms) => {
        offMs = ms
      },
      reader: undefined,
      process: undefined,
      starting: undefined,
    }
  }
  const regions = new Map(names.map((name) => [name, makeRegion(name)]))

  const region = (name: string): SimulatedRegion => {
    const found = regions.get(name)
    if (found === undefined) throw new Error(`no Region ${name}`)
    return found
  }
  const keyOf = (name: string) => {
    const key = regionKeys.get(name)
    if (key === undefined) throw new Error(`no Region ${name}`)
    return key
  }

  const unrefusingKeys = ({ name }: SimulatedRegion): KeyServiceClient => {
    const { keys, client } = createFakeKeyService(dice.fork(`unrefusing keys of ${name}`))
    keys.set(keyArnIn(name), newKey(material))
    return client
  }
  /** A vault over the bare disk, with a key service that never refuses. */
  const openReader = (of: SimulatedRegion): Promise<Vault> =>
    createVault({
      region: of.name,
      account,
      clock: time.clock,
      random: dice.fork(`reader of ${of.name}`),
      store: of.disk.content,
      keyService: unrefusingKeys(of),
      regionKey: keyOf(of.name),
      dataKeyLifetimeMs: Number.MAX_SAFE_INTEGER / 2,
    })

  const build = async (of: SimulatedRegion, life: Life): Promise<Process> => {
    const { name, clock } = of
    const random = dice.fork(`process of ${name} at ${time.clock.now()}`)
    const opened = of.disk.open(life)
    const about = { region: name, disk: of.disk, dice: random, life }
    const store: Store = mutation.store?.(opened, about) ?? opened
    const guard = createWriteGuard(store)
    const { client } = of.keyService
    const keyService = mutation.keyService?.(client, unrefusingKeys(of)) ?? client
    const common = { region: name, account, clock, random, keyService }
    const writes = mutation.writes?.(guard.store, store) ?? guard.store
    const vault = await createVault({
      ...common,
      store: {
        ...writes,
        commit: async (commit) => {
          const done = await writes.commit(commit)
          if (done.position !== undefined) options.acknowledged(name, done.position)
          return done
        },
      },
      regionKey: keyOf(name),
      dataKeyLifetimeMs: 1_000,
    })
    const transport = network.transportOf(name, life)
    const replication = createReplication({
      ...common,
      store,
      log: silentLog,
      vault,
      timer: time.timerOf(life),
      transport: mutation.transport?.(transport, about) ?? transport,
      knownRegions: names,
      acceptRevocations: (pool, list) => acceptRevocations(pool, list, { vault, clock, random }),
      // Frames and pages as small as a simulated pool needs them to be many.
      followerTiming: { keyCheckEveryMs: 1_000, pageRecords: dice.fork(`pages of ${of.name}`).between(2, 9) },
      copyFrameRecordsMax: dice.fork(`frames of ${of.name}`).between(2, 9),
    })
    guard.watchWith(replication.watch)
    return { life, vault, replication, isServing: false }
  }

  const crash = (name: string): void => {
    const { process, starting } = region(name)
    starting?.end()
    process?.life.end()
  }

  return {
    dice,
    time,
    network,
    regions,
    region,
    start: async (name) => {
      const of = region(name)
      if (of.process !== undefined || of.starting !== undefined) return
      const life = createLife()
      of.starting = life
      life.onEnd(() => {
        of.starting = undefined
        of.process = undefined
      })
      try {
        const made = await build(of, life)
        if (life.isOver) return
        of.reader ??= await openReader(of)
        of.process = made
        await made.replication.askAround()
        const { handlers } = made.replication
        network.attach(name, mutation.handlers?.(handlers, { region: name, disk: of.disk }) ?? handlers, life)
        await made.replication.start()
        of.starting = undefined
        made.isServing = true
      } catch (error) {
        // A process that can't start is none.
        life.end()
        throw error
      }
    },
    crash,
    loseDisk: (name) => {
      const of = region(name)
      crash(name)
      of.disk.lose()
      // It knows the Region's keyring, of which there will be another.
      of.reader = undefined
    },
    during: async (work) => {
      let isDone = false
      const finished = work.finally(() => {
        isDone = true
      })
      finished.catch(() => undefined)
      for (let waitedMs = 0; !isDone && waitedMs < patienceMs; waitedMs += 1) await time.pass(1)
      if (!isDone) throw new Error(`something that must come has not come within ${patienceMs} ms`)
      return finished
    },
  }
}
