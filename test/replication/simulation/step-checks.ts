// The invariants of SPEC.md that hold at any moment, whatever has just failed.
import type { RegisteredPool } from '../../../src/directory/records/user-pool.ts'
import { reignOf } from '../../../src/replication/reign.ts'
import type { StatusRegister } from '../../../src/replication/status-register.ts'
import { keyArnIn, poolId } from '../support/deployment.ts'
import { isAncestor, isSameRecord, type Moment } from './history.ts'
import type { Known } from './known.ts'
import { errandsIn, keysIn, registeredIn, replicaRecordsIn, validAfterIn } from './look.ts'
import type { SimulatedRegion, World } from './world.ts'

/** How much the more cautious status wins at the same millisecond. Told here again, so that it is not checked against itself. */
const caution = ['CREATING', 'ACTIVE', 'INACTIVE', 'DELETING']

/** Whether a replica may go from one register to the other: never back in time, never out of DELETING (I6). */
export const isForward = (from: StatusRegister, to: StatusRegister): boolean => {
  if (from.status === 'DELETING') return to.status === 'DELETING'
  if (to.status === 'DELETING') return true
  if (from.statusAtMs !== to.statusAtMs) return to.statusAtMs > from.statusAtMs
  return caution.indexOf(to.status) >= caution.indexOf(from.status)
}

export const describeRegister = ({ status, statusAtMs }: StatusRegister): string =>
  `${status} of ${statusAtMs}`

/** A call more often than this, to one Region in one second, is a loop without a pause (I9). */
export const callsPerSecondMax = 120

/** The feed asks whether it may go on with every heartbeat, and clocks are set back in between. */
const fedAfterDismissalMsMax = 10_000

type Seen = {
  readonly changeCount: number
  /** How many replicas the Region had before this one. */
  readonly formerReplicas: number
  readonly register: StatusRegister | undefined
  /** Of each replica, by the key of its record. */
  readonly records: ReadonlyMap<string, StatusRegister>
}

export type StepChecks = {
  /** To be called whenever keys may have been opened or closed. */
  noteKeys(): void
  check(): Promise<void>
}

export const createStepChecks = (world: World, known: Known): StepChecks => {
  const seen = new Map<string, Seen>()

  /** I1 and I2: the state of one position of what a primary wrote, record by record. */
  const checkPrefix = async ({ name, disk }: SimulatedRegion): Promise<void> => {
    const head = await disk.content.head(poolId)
    if (head.copy !== undefined || head.position === 0) return
    const moment = known.history.momentAt(head)
    if (moment === undefined) {
      known.violate(`I1: ${name} is at position ${head.position} of no history`)
      return
    }
    known.standing.set(name, moment)
    const records = await disk.content.range(`${poolId}/`, { limit: 10_000 })
    const wrong = records.find((record) => !isSameRecord(record, moment.records.get(record.key)))
    if (wrong !== undefined || records.length !== moment.records.size)
      known.violate(
        `I1: ${name} has ${records.length} records at position ${head.position}, where the primary had ${moment.records.size}${wrong === undefined ? '' : `, and another ${wrong.key}`}`,
      )
  }

  /** I5: what was revoked in a Region holds there for as long as it signs users in. */
  const checkRevocations = async (region: SimulatedRegion, pool: RegisteredPool): Promise<void> => {
    if (pool.status !== 'ACTIVE' && pool.status !== 'INACTIVE') return
    const head = await region.disk.content.head(poolId)
    if (head.copy !== undefined || head.position === 0) return
    const latest = new Map<string, number>()
    for (const made of known.revocations)
      if (made.region === region.name && !made.isUnreadable && !made.isElsewhere)
        latest.set(made.subject, Math.max(latest.get(made.subject) ?? 0, made.validAfterMs))
    for (const [subject, validAfterMs] of latest)
      if ((await validAfterIn(region, subject)) < validAfterMs)
        known.violate(`I5: ${region.name} has forgotten that it revoked ${subject} at ${validAfterMs}`)
  }

  /** I6, at either side. */
  const checkStatus = async (region: SimulatedRegion, pool: RegisteredPool | undefined): Promise<Seen> => {
    const { name, disk } = region
    const formerReplicas = known.droppedCount.get(name) ?? 0
    const latest = seen.get(name)
    const former = latest?.formerReplicas === formerReplicas ? latest : undefined
    const register = pool === undefined ? undefined : { status: pool.status, statusAtMs: pool.statusAtMs }
    if (former?.register !== undefined && register !== undefined && !isForward(former.register, register))
      known.violate(
        `I6: ${name} went back from ${describeRegister(former.register)} to ${describeRegister(register)}`,
      )
    const records = new Map<string, StatusRegister>()
    if (pool?.role === 'PRIMARY' && (await disk.content.head(poolId)).copy === undefined)
      for (const { key, value } of await replicaRecordsIn(region)) {
        const { status, statusAtMs, regionName } = value
        // Of itself a primary says nothing but its role.
        if (value.role === 'PRIMARY') continue
        records.set(key, { status, statusAtMs })
        const before = former?.records.get(key)
        if (before === undefined || isForward(before, value) || wasRemovedMeanwhile(name, key)) continue
        known.violate(
          `I6: at ${name} the replica in ${regionName} went back from ${describeRegister(before)} to ${describeRegister(value)}`,
        )
      }
    return { changeCount: disk.changeCount(), formerReplicas, register, records }
  }
  const standingBefore = new Map<string, Moment>()
  /** Or was never in this history: between two looks a Region can have given way and taken over again. */
  const wasRemovedMeanwhile = (name: string, key: string): boolean => {
    const from = standingBefore.get(name)
    const stands = known.standing.get(name)
    if (from !== undefined && !isAncestor(from, stands)) return true
    for (let at = stands; at !== undefined && at !== from; at = at.before)
      if (at.entry?.deletes.some((deleted) => deleted.key === key) === true) return true
    return false
  }

  /** I8: of a pool that a Region has no replica of it has nothing. */
  const checkNothingStays = async (region: SimulatedRegion): Promise<void> => {
    const [left] = await keysIn(region)
    const { position } = await region.disk.content.head(poolId)
    if (left !== undefined || position > 0)
      known.violate(`I8: ${region.name} has no replica, and still ${left ?? `position ${position}`}`)
  }

  const noteKey = ({ name, keyService }: SimulatedRegion): void => {
    const key = keyService.keys.get(keyArnIn(name))
    const refuses =
      key === undefined ||
      key.state !== 'Enabled' ||
      [...key.denied].some((action) => action.endsWith('kms:Decrypt'))
    const nowMs = world.time.clock.now()
    if (refuses) known.keyRefusedAtMs.set(name, nowMs)
    if (!refuses) known.keyRefusesSinceMs.delete(name)
    else if (!known.keyRefusesSinceMs.has(name)) known.keyRefusesSinceMs.set(name, nowMs)
  }

  const reigns = new Map<string, number>()
  const checkDismissals = async (
    region: SimulatedRegion,
    pool: RegisteredPool | undefined,
  ): Promise<void> => {
    const dismissed = new Set(
      (await errandsIn(region)).filter(({ kind }) => kind === 'dismiss').map(({ regionName }) => regionName),
    )
    for (const other of world.regions.keys()) {
      const link = `${region.name} ${other}`
      const isFed = pool?.role === 'PRIMARY' && pool.replicaRegions.includes(other) && !dismissed.has(other)
      // Between two looks a Region can have been the primary for a moment.
      const hasReignedSince = reigns.get(region.name) !== (pool === undefined ? 0 : reignOf(pool).seenEpoch)
      if (isFed) known.dismissedAtMs.delete(link)
      else if (hasReignedSince || !known.dismissedAtMs.has(link))
        known.dismissedAtMs.set(link, world.time.clock.now())
      const sinceMs = (known.fedAtMs.get(link) ?? 0) - (known.dismissedAtMs.get(link) ?? Number.MAX_VALUE)
      if (sinceMs > fedAfterDismissalMsMax)
        known.violate(`I7: ${region.name} feeds ${other} ${sinceMs} ms after it was dismissed`)
    }
    reigns.set(region.name, pool === undefined ? 0 : reignOf(pool).seenEpoch)
  }

  const noteTakeovers = (pool: RegisteredPool): void => {
    for (const takeover of reignOf(pool).takeovers) {
      const name = `${takeover.epoch} ${takeover.region}`
      if (!known.takeovers.has(name))
        known.trace.add(`takeover ${name} at ${takeover.position}${takeover.isForced ? ' by force' : ''}`)
      known.takeovers.set(name, takeover)
    }
  }

  /** I11. A takeover by force that nobody hears of can choose the same epoch as another one: the Region's name then decides. */
  const checkEpochs = (): void => {
    for (const [epoch, authors] of known.authors) {
      if (authors.size < 2) continue
      if (![...authors].some((author) => known.forcedAt.has(author)))
        known.violate(`I11: ${[...authors].join(' and ')} wrote in epoch ${epoch}`)
    }
  }

  /** I2: nobody diverges, unless a transport changed what was sent. */
  const checkFollowers = async ({ name, process }: SimulatedRegion): Promise<void> => {
    if (process?.isServing !== true || known.garbled.has(name)) return
    // A Region whose disk can't be read does not say.
    const status = await process.replication.status().catch(() => undefined)
    for (const { state, reason } of status?.followers ?? [])
      if (state === 'diverged') known.violate(`I2: ${name} diverged: ${reason}`)
  }

  return {
    noteKeys: () => [...world.regions.values()].forEach(noteKey),
    check: async () => {
      for (const region of world.regions.values()) {
        noteKey(region)
        await checkFollowers(region)
        if (seen.get(region.name)?.changeCount === region.disk.changeCount()) continue
        const pool = await registeredIn(region)
        await checkPrefix(region)
        if (pool === undefined) await checkNothingStays(region)
        else {
          noteTakeovers(pool)
          if (reignOf(pool).isOlderThan !== undefined)
            known.violate(`${region.name} takes itself for older than it is`)
          await checkRevocations(region, pool)
        }
        seen.set(region.name, await checkStatus(region, pool))
        const stands = known.standing.get(region.name)
        if (stands !== undefined) standingBefore.set(region.name, stands)
        await checkDismissals(region, pool)
      }
      checkEpochs()
    },
  }
}
