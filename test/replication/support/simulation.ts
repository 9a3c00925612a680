// A simulated deployment: Regions that crash, networks that break and delay, keys that close, users who write; all from one seed.

import type { Revocation } from '../../../src/directory/records/revocation.ts'
import { type RegisteredPool, registeredPools, userPools } from '../../../src/directory/records/user-pool.ts'
import { PeerFailure } from '../../../src/replication/peer-port.ts'
import { createReplication, type Replication } from '../../../src/replication/replication.ts'
import { acceptRevocations, isRevoked, revoke } from '../../../src/signin/revocation.ts'
import { Conflict, type Store } from '../../../src/store/store.ts'
import type { Clock } from '../../../src/telemetry/clock.ts'
import { createVault, type Vault } from '../../../src/vault/vault.ts'
import { isFault } from '../../../src/wire/fault.ts'
import { account, keyArnIn, notes, poolArnIn, poolId, primaryRegion } from './deployment.ts'
import { createFakeKeyService, newKey } from './key-service.ts'
import { createMemoryStore } from './memory-store.ts'
import { createNetwork } from './network.ts'
import { silentLog } from './silent-log.ts'
import { createDice, createSimulatedTime } from './simulated-time.ts'

/** What a crashed process would have done never happens: from then on its store refuses. */
class Crashed extends Error {}

const fenced = (store: Store): { readonly store: Store; crash(): void } => {
  let isCrashed = false
  const guard = new Proxy(store, {
    get: (target, name) => {
      const member = target[name as keyof Store]
      if (name === 'watch') return member
      return async (...given: readonly unknown[]) => {
        if (isCrashed) throw new Crashed('the process is gone')
        return (member as (...passed: readonly unknown[]) => Promise<unknown>).apply(target, [...given])
      }
    },
  })
  return {
    store: guard,
    crash: () => {
      isCrashed = true
    },
  }
}

type Process = { readonly vault: Vault; readonly replication: Replication; crash(): void }

const isExpected = (error: unknown): boolean =>
  isFault(error) || error instanceof PeerFailure || error instanceof Conflict || error instanceof Crashed

export const simulate = async (
  seed: number,
  options: { readonly regions: readonly string[]; readonly steps: number },
): Promise<{ readonly trace: readonly string[] }> => {
  const { regions } = options
  const dice = createDice(seed)
  const { clock, timer, pass } = createSimulatedTime()
  const network = createNetwork({ timer, delayMs: () => dice.below(30) })
  /** The Regions' clocks differ, by up to two seconds either way. */
  const skewsMs = new Map(regions.map((name) => [name, dice.below(4_000) - 2_000]))
  const clockOf = (name: string): Clock => ({ now: () => clock.now() + (skewsMs.get(name) ?? 0) })
  const disks = new Map(regions.map((name) => [name, createMemoryStore(clockOf(name))]))
  const regionKey = { id: 0, bytes: dice.bytes(32) }
  const material = dice.bytes(32)
  const keyServices = new Map(regions.map((name) => [name, createFakeKeyService(dice)]))
  for (const [name, service] of keyServices) service.keys.set(keyArnIn(name), newKey(material))
  const processes = new Map<string, Process>()
  const secondaries = regions.filter((name) => name !== primaryRegion)
  const trace: string[] = []
  const unexpected: unknown[] = []
  /** The digest at every position that the primary ever had. */
  const history = new Map<number, string>()
  const revoked = new Map<string, Revocation>()

  const diskOf = (name: string): Store => {
    const disk = disks.get(name)
    if (disk === undefined) throw new Error(`no Region ${name}`)
    return disk
  }
  const start = async (name: string): Promise<void> => {
    const keyService = keyServices.get(name)?.client
    if (keyService === undefined || processes.has(name)) return
    const { store, crash } = fenced(diskOf(name))
    const common = { region: name, account, clock: clockOf(name), random: dice, store, keyService }
    const vault = await createVault({ ...common, regionKey, dataKeyLifetimeMs: 1_000 })
    const replication = createReplication({
      ...common,
      log: silentLog,
      vault,
      timer,
      transport: network.transportOf(name),
      knownRegions: regions,
      acceptRevocations: (pool, list) =>
        acceptRevocations(pool, list, { vault, clock: clockOf(name), random: dice }),
      followerTiming: { keyCheckEveryMs: 1_000 },
    })
    const leave = network.attach(name, replication.handlers)
    processes.set(name, {
      vault,
      replication,
      crash: () => {
        crash()
        leave()
        processes.delete(name)
        attempt(() => replication.close())
      },
    })
    await replication.start()
  }
  /** Does something that may fail in the ways that failures of others make it fail. */
  const attempt = (run: () => Promise<unknown>): void => {
    run().catch((error: unknown) => {
      if (!isExpected(error)) unexpected.push(error)
    })
  }
  const registeredAt = async (name: string): Promise<RegisteredPool | undefined> =>
    (await processes.get(name)?.vault.region.get(registeredPools, poolId))?.value

  const write = async (): Promise<void> => {
    const primary = processes.get(primaryRegion)?.vault.pool(poolId).primary
    if (primary === undefined) return
    const name = `n${dice.below(12)}`
    const text = `t${dice.below(1_000_000)}`
    const isRemoval = dice.once(3)
    const stored = await primary.get(notes, name)
    await primary.commit((changes) => {
      if (stored === undefined) changes.create(notes, { name, text })
      else if (isRemoval) changes.delete(notes, stored)
      else changes.replace(notes, stored, { name, text })
    })
  }
  const revokeSome = async (): Promise<void> => {
    const name = dice.pick(regions)
    const process = processes.get(name)
    const registered = await registeredAt(name)
    if (process === undefined || registered === undefined) return
    if (registered.role === 'SECONDARY' && registered.status !== 'ACTIVE') return
    const { primary, secondary } = process.vault.pool(poolId)
    const subject = `user:${dice.below(4)}`
    const nowMs = clockOf(name).now()
    const made = { subject, validAfterMs: nowMs, expiresAtMs: nowMs + 1e9 }
    const scope = { poolId, registered, records: secondary, asPrimary: () => primary }
    await revoke(scope, made, {
      clock: clockOf(name),
      random: dice,
      replicaControl: process.replication.control,
    })
    const known = revoked.get(subject)
    if (known === undefined || known.validAfterMs < made.validAfterMs) revoked.set(subject, made)
  }
  const create = async (): Promise<void> => {
    const control = processes.get(primaryRegion)?.replication.control
    const registered = await registeredAt(primaryRegion)
    const target = dice.pick(secondaries)
    if (control === undefined || registered === undefined) return
    await control.checkOwnKey(poolId)
    await control.checkKeys(poolId, target)
    await control.createReplica(registered, target, { made: 'here' })
  }
  const remove = async (): Promise<void> => {
    await processes.get(primaryRegion)?.replication.control.deleteReplica(poolId, dice.pick(secondaries))
  }
  const switchOne = async (): Promise<void> => {
    const from = dice.pick(regions)
    const registered = await registeredAt(from)
    const control = processes.get(from)?.replication.control
    if (registered === undefined || control === undefined) return
    await control.setStatus(registered, dice.pick(secondaries), dice.once(2) ? 'ACTIVE' : 'INACTIVE')
  }
  const trimLog = async (): Promise<void> => {
    await recordHistory()
    const { position } = await diskOf(primaryRegion).head(poolId)
    await diskOf(primaryRegion).trimLog(poolId, position - dice.below(5))
  }
  const twoRegions = (): [string, string] => {
    const one = dice.pick(regions)
    return [one, dice.pick(regions.filter((name) => name !== one))]
  }
  const closeKey = (): void => {
    const name = dice.pick(secondaries)
    keyServices.get(name)?.deny(keyArnIn(name), 'identitystore.amazonaws.com', 'Decrypt')
  }

  /** What may happen at each step, and how often. */
  const events: Readonly<Record<string, { readonly weight: number; run(): void }>> = {
    write: { weight: 30, run: () => attempt(write) },
    revoke: { weight: 5, run: () => attempt(revokeSome) },
    crash: { weight: 4, run: () => processes.get(dice.pick(regions))?.crash() },
    start: { weight: 8, run: () => attempt(() => start(dice.pick(regions))) },
    cut: { weight: 3, run: () => network.cut(...twoRegions()) },
    heal: { weight: 6, run: () => network.heal(...twoRegions()) },
    break: { weight: 4, run: () => network.break(...twoRegions()) },
    switch: { weight: 5, run: () => attempt(switchOne) },
    create: { weight: 6, run: () => attempt(create) },
    remove: { weight: 2, run: () => attempt(remove) },
    recopy: {
      weight: 1,
      run: () => void processes.get(dice.pick(secondaries))?.replication.control.recopy(poolId),
    },
    trim: { weight: 2, run: () => attempt(trimLog) },
    'close key': { weight: 1, run: closeKey },
    'open keys': {
      weight: 3,
      run: () => {
        for (const [name, service] of keyServices) service.allowAll(keyArnIn(name))
      },
    },
  }
  const deck = Object.entries(events).flatMap(([name, { weight }]) => Array<string>(weight).fill(name))

  const recordHistory = async (): Promise<void> => {
    for (const { position, digest } of await diskOf(primaryRegion).readLog(poolId, history.size, 10_000))
      history.set(position, digest)
  }
  const fail = (what: string): never => {
    throw new Error(`seed ${seed}, after ${trace.length} steps: ${what}`)
  }
  /** SPEC.md, I1 and I2: whatever happens, a secondary that is not being copied has the state of a position that the primary had. */
  const checkPrefix = async (): Promise<void> => {
    await recordHistory()
    for (const name of secondaries) {
      const { position, digest, copy } = await diskOf(name).head(poolId)
      if (copy !== undefined || position === 0) continue
      if (history.get(position) !== digest) fail(`${name} is not what the primary was at ${position}`)
      const log = await diskOf(name)
        .readLog(poolId, position - 1, 10)
        .catch(() => [])
      if (log.some((entry) => entry.position !== position)) fail(`${name} has more in its log than applied`)
    }
    for (const [name, { replication }] of processes)
      for (const { state, reason } of (await replication.status()).followers)
        if (state === 'diverged') fail(`${name} diverged: ${reason}`)
    if (unexpected.length > 0) throw new Error(`seed ${seed}: unexpected failure`, { cause: unexpected[0] })
  }

  const isSettled = async (): Promise<boolean> => {
    const primary = processes.get(primaryRegion)
    const registered = await registeredAt(primaryRegion)
    if (primary === undefined || registered === undefined) return false
    const head = await diskOf(primaryRegion).head(poolId)
    const listed = await primary.replication.control.listReplicas(poolId)
    for (const name of secondaries) {
      const there = await registeredAt(name)
      const status = listed.find(({ regionName }) => regionName === name)?.status
      if (there?.status !== status) return false
      if (registered.replicaRegions.includes(name) !== (there !== undefined)) return false
      if (there === undefined) continue
      if (there.status === 'CREATING' || there.status === 'DELETING') return false
      if (there.replicaRegions.join() !== registered.replicaRegions.join()) return false
      const own = await diskOf(name).head(poolId)
      if (own.copy !== undefined || own.position !== head.position) return false
    }
    return (await primary.replication.status()).errands.length === 0
  }
  const contentOf = async (name: string): Promise<string> => {
    const records = await diskOf(name).range(`${poolId}/`, { limit: 10_000 })
    return JSON.stringify(
      records.map(({ key, version, value, terms }) => [
        key,
        version,
        Buffer.from(value).toString('hex'),
        terms,
      ]),
    )
  }

  const checkEnd = async (): Promise<void> => {
    const expected = await contentOf(primaryRegion)
    for (const name of regions) {
      const process = processes.get(name)
      if (process === undefined || (await registeredAt(name)) === undefined) {
        if ((await contentOf(name)) !== '[]') fail(`${name} has data of a pool that it does not have`)
        continue
      }
      if ((await contentOf(name)) !== expected) fail(`${name} has other records than the primary`)
      for (const { subject, validAfterMs } of revoked.values()) {
        const token = { sub: subject.slice(5), originJti: undefined, issuedAtMs: validAfterMs - 1 }
        if (!(await isRevoked(process.vault.pool(poolId).secondary, token)))
          fail(`${subject} lives in ${name}`)
      }
    }
  }

  for (const name of regions) await start(name)
  const { vault } = processes.get(primaryRegion) ?? fail('no primary')
  await vault.createPool(poolId, { poolArn: poolArnIn(primaryRegion), kmsKeyArn: keyArnIn(primaryRegion) })
  const about = { poolId, name: 'pool', createdAtMs: 1, modifiedAtMs: 1 }
  await vault
    .pool(poolId)
    .primary.commit((changes) => changes.create(userPools, { ...about, schema: [], settings: {} }))
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
  attempt(create)

  for (let step = 0; step < options.steps; step += 1) {
    const name = dice.pick(deck)
    events[name]?.run()
    await pass(dice.below(dice.once(10) ? 3_000 : 200))
    const heads = await Promise.all(regions.map((region) => diskOf(region).head(poolId)))
    trace.push(
      `${name} ${heads.map(({ position, copy }) => `${position}${copy === undefined ? '' : 'c'}`).join(' ')}`,
    )
    await checkPrefix()
  }

  for (const [index, one] of regions.entries())
    for (const other of regions.slice(index + 1)) network.heal(one, other)
  for (const [name, service] of keyServices) service.allowAll(keyArnIn(name))
  for (const name of regions) await start(name)
  let rounds = 0
  while (!(await isSettled())) {
    rounds += 1
    if (rounds > 120) fail('it does not settle within two minutes after all is well')
    await pass(1_000)
    await checkPrefix()
  }
  await pass(70_000)
  await checkPrefix()
  await checkEnd()
  for (const { replication } of processes.values()) attempt(() => replication.close())
  await pass(60_000)
  return { trace }
}
