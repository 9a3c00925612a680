// What may happen in a simulated deployment, and how often: users, operators, and everything that fails.
import { registeredPools } from '../../../src/directory/records/user-pool.ts'
import { revoke } from '../../../src/signin/revocation.ts'
import { keyArnIn, notes, poolId } from '../support/deployment.ts'
import { allActions, servicePrincipals } from '../support/key-service.ts'
import type { DiskFaults } from './disk.ts'
import type { Known } from './known.ts'
import { registeredIn, takesWrites } from './look.ts'
import { garblings } from './stream-garbling.ts'
import type { Process, SimulatedRegion, World } from './world.ts'

export type Event = {
  readonly weight: number
  /** Happens in every run; any other one only in about half of them, so that runs differ in more than order. */
  readonly isAlways?: boolean
  /** Begins it. What takes time is waited for elsewhere; what is only known then is traced there. */
  run(): unknown
}

const set = <Target extends object>(target: Target, values: Partial<Target>): void => {
  Object.assign(target, values)
}

const notesMax = 12
const subjectsMax = 4
const tokenLifetimeMs = 1e9

/** `keysChanged` is to be called whenever a key was opened or closed. */
export const createEvents = (
  world: World,
  known: Known,
  keysChanged: () => void,
  attempt: (what: string, run: () => unknown) => void,
): Readonly<Record<string, Event>> => {
  const { network } = world
  const dice = world.dice.fork('events')
  const names = [...world.regions.keys()]

  /** Faults end by themselves, some sooner than others. */
  const later = (run: () => unknown, mostMs = 6_000): void => {
    void world.time.timer.wait(dice.between(20, mostMs)).then(run)
  }
  const forAWhile = <Target extends object>(
    target: Target,
    values: Partial<Target>,
    usual: Partial<Target>,
  ) => {
    set(target, values)
    later(() => set(target, usual))
  }
  const anyRegion = (): SimulatedRegion => world.region(dice.pick(names))
  const twoNames = (): readonly [string, string] => {
    const one = dice.pick(names)
    return [one, dice.pick(names.filter((name) => name !== one))]
  }
  const serving = (of: SimulatedRegion): Process | undefined =>
    of.process?.isServing === true ? of.process : undefined
  /** What the gate of a Region goes by. */
  const registeredAt = async (process: Process) =>
    (await process.vault.region.get(registeredPools, poolId))?.value
  /** A Region that takes itself for the primary; another one now and then, as by a client that is mistaken. */
  const likelyPrimary = async (): Promise<SimulatedRegion> => {
    if (dice.once(10)) return anyRegion()
    for (const region of world.regions.values())
      if ((await registeredIn(region))?.role === 'PRIMARY' && !dice.once(4)) return region
    return anyRegion()
  }

  /** A Region that has, or has not, a replica; any one when there is none like that. */
  const likelyReplica = async (hasOne: boolean): Promise<SimulatedRegion> => {
    const fitting: SimulatedRegion[] = []
    for (const region of world.regions.values()) {
      const pool = await registeredIn(region)
      if (hasOne ? pool?.role === 'SECONDARY' : pool === undefined) fitting.push(region)
    }
    return fitting.length === 0 || dice.once(8) ? anyRegion() : dice.pick(fitting)
  }

  const write = async (): Promise<void> => {
    const process = serving(await likelyPrimary())
    const [name, text, isRemoval] = [`n${dice.below(notesMax)}`, `t${dice.below(1e6)}`, dice.once(3)]
    const pool = process === undefined ? undefined : await registeredAt(process)
    if (process === undefined || pool === undefined || !takesWrites(pool)) return
    const { primary } = process.vault.pool(poolId)
    const stored = await primary.get(notes, name)
    // A request that has passed the gate can take its time, as one that hashes a password does.
    if (dice.once(3)) await world.time.timer.wait(dice.below(200))
    await primary.commit((changes) => {
      if (stored === undefined) changes.create(notes, { name, text })
      else if (isRemoval) changes.delete(notes, stored)
      else changes.replace(notes, stored, { name, text })
    })
  }

  const revokeAt = async (of: SimulatedRegion): Promise<void> => {
    const process = serving(of)
    const subject = `user:${dice.below(subjectsMax)}`
    const pool = process === undefined ? undefined : await registeredAt(process)
    if (process === undefined || pool === undefined) return
    const isPrimary = takesWrites(pool)
    if (!isPrimary && pool.status !== 'ACTIVE') return
    const { primary, secondary } = process.vault.pool(poolId)
    const validAfterMs = of.clock.now()
    await revoke(
      {
        poolId,
        registered: isPrimary ? pool : { ...pool, role: 'SECONDARY' },
        records: secondary,
        asPrimary: () => primary,
      },
      { subject, validAfterMs, expiresAtMs: validAfterMs + tokenLifetimeMs },
      { clock: of.clock, random: dice, replicaControl: process.replication.control },
    )
    known.revocations.push({
      region: of.name,
      subject,
      validAfterMs,
      isUnreadable: false,
      isElsewhere: false,
    })
    known.trace.add(`revoked ${of.name} ${subject}`)
  }

  const create = async (of: SimulatedRegion): Promise<void> => {
    const [process, { name: target }] = [serving(of), await likelyReplica(false)]
    const pool = process === undefined ? undefined : await registeredAt(process)
    if (process === undefined || pool === undefined || !takesWrites(pool) || target === of.name) return
    const { control } = process.replication
    await control.checkOwnKey(poolId)
    await control.checkKeys(poolId, target)
    await known.wish(target, 'replica', process.life, () =>
      control.createReplica(pool, target, { made: 'here' }),
    )
    known.trace.add(`created ${target} at ${of.name}`)
  }

  const removeFrom = async (of: SimulatedRegion, { name: target }: SimulatedRegion): Promise<void> => {
    const process = serving(of)
    const pool = process === undefined ? undefined : await registeredAt(process)
    if (process === undefined || pool === undefined || !takesWrites(pool) || target === of.name) return
    const { control } = process.replication
    if (!dice.once(4)) await control.setStatus(pool, target, 'INACTIVE')
    await known.wish(target, 'none', process.life, () => control.deleteReplica(poolId, target))
    known.trace.add(`deleted ${target} at ${of.name}`)
  }

  const remove = async (): Promise<void> => removeFrom(await likelyPrimary(), await likelyReplica(true))

  /** What a replica has just revoked it can't deliver, and is to go. */
  const removeUnheard = async (): Promise<void> => {
    const [of, target] = [await likelyPrimary(), await likelyReplica(true)]
    network.cut(target.name, of.name, dice.once(2))
    later(() => network.heal(target.name, of.name))
    await revokeAt(target)
    await removeFrom(of, target)
  }

  const switchOne = async (): Promise<void> => {
    const of = anyRegion()
    const { name: target } = await likelyReplica(true)
    const [process, status] = [serving(of), dice.once(3) ? 'INACTIVE' : 'ACTIVE']
    const pool = process === undefined ? undefined : await registeredAt(process)
    if (process === undefined || pool === undefined || target === pool.primaryRegion) return
    const now = await process.replication.control.setStatus(pool, target, status as 'ACTIVE')
    const former = known.statusSet.get(target)
    if (former === undefined || now.statusAtMs > former.statusAtMs) known.statusSet.set(target, now)
    known.trace.add(`switched ${target} to ${now.status} at ${of.name}`)
  }

  const promote = async (of: SimulatedRegion, isForced: boolean): Promise<void> => {
    const process = serving(of)
    const discardsAhead = dice.once(3)
    if (process === undefined) return
    if (isForced) known.forcedAt.add(of.name)
    const { Takeover } = await process.replication.operator.promote({
      UserPoolId: poolId,
      Force: isForced,
      DiscardAhead: discardsAhead,
    })
    known.trace.add(`promoted ${of.name} in epoch ${Takeover.Epoch}`)
  }

  /** By a Region that does not know what the primary has done last, and can't be told. */
  const promoteCutOff = async (): Promise<void> => {
    const [primary, of] = [await likelyPrimary(), await likelyReplica(true)]
    for (const other of names) {
      network.cut(of.name, other, true)
      network.cut(other, of.name, true)
    }
    later(() => {
      for (const other of names) {
        network.heal(of.name, other)
        network.heal(other, of.name)
      }
    }, 10_000)
    attempt('create', () => create(primary))
    await world.time.timer.wait(dice.below(2_000))
    await promote(of, true)
  }

  /** Sometimes so much that a follower has lost its place. */
  const trim = async (): Promise<void> => {
    const { name, disk } = anyRegion()
    const { position, copy } = await disk.content.head(poolId)
    if (copy !== undefined) return
    const upTo = position - dice.below(6)
    await disk.content.trimLog(poolId, upTo)
    known.forgetLog(name, (moment) => moment.position <= upTo)
    known.trace.add(`trimmed ${name} to ${upTo}`)
  }

  const closeKey = (): void => {
    const { name, keyService } = anyRegion()
    const arn = keyArnIn(name)
    const key = keyService.keys.get(arn)
    if (key === undefined) return
    if (dice.once(3)) key.state = dice.pick(['Disabled', 'PendingDeletion'])
    else keyService.deny(arn, dice.pick(servicePrincipals), dice.once(2) ? 'Decrypt' : dice.pick(allActions))
    keysChanged()
    later(() => {
      key.state = 'Enabled'
      keyService.allowAll(arn)
      keysChanged()
    }, 15_000)
  }
  const cut = (): void => {
    const [one, other] = twoNames()
    const isRefused = dice.once(2)
    network.cut(one, other, isRefused)
    if (!dice.once(3)) network.cut(other, one, isRefused)
    if (dice.once(2)) network.breakLinks(one, other)
    later(() => {
      network.heal(one, other)
      network.heal(other, one)
    }, 20_000)
  }
  const garbleSome = (): void => {
    const [from, to] = twoNames()
    const link = `${from} ${to}`
    network.faults.garbled.set(link, dice.pick(garblings))
    known.garbled.add(to)
    later(() => network.faults.garbled.delete(link))
  }
  /** Of a secondary: what the primary had alone would be lost with its disk. */
  const loseDisk = async (): Promise<void> => {
    const of = await likelyReplica(true)
    if ((await registeredIn(of))?.role === 'SECONDARY') world.loseDisk(of.name)
  }
  const crashAtStep = (): void => {
    const { name, disk } = anyRegion()
    disk.crashAtStep(1 + dice.below(8), () => world.crash(name))
  }
  const tear = (): void => {
    const { name, disk } = anyRegion()
    disk.faults.isTorn = true
    // Nothing but a new start helps.
    later(() => world.crash(name))
  }
  const writeMany = async (): Promise<void> => {
    for (let left = dice.between(3, 8); left > 0; left -= 1) {
      attempt('write', write)
      await world.time.timer.wait(dice.below(60))
    }
  }
  const diskFault = (values: Partial<DiskFaults>): void => {
    forAWhile(anyRegion().disk.faults, values, { slowMs: 2, state: 'fine', losesAnnouncements: false })
  }

  return {
    write: { weight: 20, isAlways: true, run: write },
    'write many': { weight: 8, isAlways: true, run: writeMany },
    switch: { weight: 6, isAlways: true, run: switchOne },
    create: { weight: 6, isAlways: true, run: async () => create(await likelyPrimary()) },
    quiet: { weight: 2, isAlways: true, run: () => {} },
    revoke: { weight: 8, run: () => revokeAt(anyRegion()) },
    crash: { weight: 5, run: () => world.crash(dice.pick(names)) },
    'crash at a step': { weight: 6, run: crashAtStep },
    remove: { weight: 4, run: remove },
    'remove unheard': { weight: 2, run: removeUnheard },
    recopy: { weight: 1, run: () => serving(anyRegion())?.replication.control.recopy(poolId) },
    trim: { weight: 3, run: trim },
    promote: { weight: 4, run: async () => promote(await likelyReplica(true), false) },
    'promote by force': { weight: 2, run: async () => promote(await likelyReplica(true), true) },
    'promote cut off': { weight: 1, run: promoteCutOff },
    cut: { weight: 5, run: cut },
    break: { weight: 3, run: () => network.breakLinks(...twoNames()) },
    garble: { weight: 2, run: garbleSome },
    'slow network': {
      weight: 2,
      run: () => forAWhile(network.faults, { delayMs: 1 + dice.below(2_000) }, { delayMs: 20 }),
    },
    twice: { weight: 2, run: () => forAWhile(network.faults, { twiceOnceIn: 3 }, { twiceOnceIn: 0 }) },
    late: { weight: 2, run: () => forAWhile(network.faults, { lateOnceIn: 6 }, { lateOnceIn: 0 }) },
    'slow disk': { weight: 3, run: () => diskFault({ slowMs: 10 + dice.below(800) }) },
    'full disk': { weight: 2, run: () => diskFault({ state: 'full' }) },
    'broken disk': { weight: 1, run: () => diskFault({ state: 'broken' }) },
    'lost announcements': { weight: 1, run: () => diskFault({ losesAnnouncements: true }) },
    'lost disk': { weight: 1, run: loseDisk },
    'torn commit': { weight: 2, run: tear },
    'clock jumps': { weight: 2, run: () => anyRegion().setClock(dice.between(-4_000, 4_000)) },
    'key closed': { weight: 2, run: closeKey },
    'key service down': {
      weight: 2,
      run: () => forAWhile(anyRegion().keyService, { isDown: true }, { isDown: false }),
    },
  }
}

/** Ends every fault at once. */
export const endFaults = (world: World): void => {
  const { faults, healAll } = world.network
  healAll()
  faults.garbled.clear()
  set(faults, { twiceOnceIn: 0, lateOnceIn: 0, delayMs: 20 })
  for (const { name, disk, keyService } of world.regions.values()) {
    set(disk.faults, { slowMs: 2, state: 'fine', isTorn: false, losesAnnouncements: false })
    if (disk.mustBeOpenedAgain()) world.crash(name)
    keyService.isDown = false
    keyService.allowAll(keyArnIn(name))
    const key = keyService.keys.get(keyArnIn(name))
    if (key !== undefined) key.state = 'Enabled'
  }
}
