// The synchronous mode of a pool: its primary acknowledges a write when an ACTIVE secondary has it durably too (SPEC.md, "Acknowledgement").
import { LRUCache } from 'lru-cache'
import type { Acknowledgement } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { readFields } from './message-fields.ts'
import { type PeerCallHandler, PeerFailure } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { WriteWatch } from './write-guard.ts'

export type ConfirmationState = {
  readonly poolId: string
  /** False while writes are refused, or acknowledged without a secondary, because none answers. */
  readonly isConfirmed: boolean
}

export type Confirmations = WriteWatch & {
  /** Forgets how the pool acknowledges, after it was set. */
  modeChanged(poolId: string): void
  /** Of the pools in synchronous mode that were written to since this process began. */
  states(): readonly ConfirmationState[]
  readonly calls: Readonly<Record<'receipt' | 'confirmation', PeerCallHandler>>
}

/** How long a write waits for a secondary before it counts as unconfirmed. */
const waitMsDefault = 5_000
/** How long a node goes on with what it knows of a pool's mode. */
export const modeLifetimeMs = 500
const poolsMax = 10_000
/** Longer than a write waits there. */
const leadTimeoutMs = 15_000

/** What replication itself writes is not waited for: it says how the secondaries are, and follows from them. */
const ownCollections: ReadonlySet<string> = new Set(['replicas', 'acknowledgement'])

type Waiter = { readonly position: number; confirmed(): void }

type PoolConfirmations = {
  /** The highest position that an ACTIVE secondary has confirmed. */
  confirmedTo: number
  waiters: Waiter[]
  /** The position that went unconfirmed; writes are trusted to be confirmed again when a secondary has it. */
  unconfirmed: number | undefined
}

const unconfirmedFault = (message: string): Fault =>
  new Fault('InternalErrorException', message, { status: 500 })

export const createConfirmations = (
  parts: Pick<ReplicationParts, 'timer' | 'log' | 'clock'> & { readonly confirmationWaitMs?: number },
  registrations: Registrations,
  authorise: (poolId: string, fromRegion: string) => Promise<void>,
): Confirmations => {
  const { timer, log } = parts
  const waitMs = parts.confirmationWaitMs ?? waitMsDefault
  const pools = new LRUCache<string, PoolConfirmations>({ max: poolsMax })
  const modes = new LRUCache<string, { readonly mode: Acknowledgement | undefined }>({
    max: poolsMax,
    ttl: modeLifetimeMs,
    // Asked each time: in between it would keep the time by a clock of its own.
    ttlResolution: 0,
    perf: { now: () => parts.clock.now() },
  })

  const modeOf = async (poolId: string): Promise<Acknowledgement | undefined> => {
    const known = modes.get(poolId)
    if (known !== undefined) return known.mode
    const mode = (await registrations.get(poolId))?.acknowledgement
    modes.set(poolId, { mode })
    return mode
  }
  const poolOf = (poolId: string): PoolConfirmations => {
    const known = pools.get(poolId)
    if (known !== undefined) return known
    const made: PoolConfirmations = { confirmedTo: 0, waiters: [], unconfirmed: undefined }
    pools.set(poolId, made)
    return made
  }

  const isOwn = (collections: ReadonlySet<string>): boolean =>
    [...collections].every((name) => ownCollections.has(name))

  const before = (poolId: string, mode: Acknowledgement): void => {
    if (mode.whenNoneAnswers === 'refuse' && poolOf(poolId).unconfirmed !== undefined)
      throw unconfirmedFault(
        'No replica of this user pool confirms writes at the moment, and the pool takes none without. Nothing was changed. Please try again.',
      )
  }

  const after = async (poolId: string, mode: Acknowledgement, position: number): Promise<void> => {
    const pool = poolOf(poolId)
    if (pool.confirmedTo >= position) return
    if (pool.unconfirmed !== undefined && mode.whenNoneAnswers === 'continue') return
    const done = new AbortController()
    let isConfirmed = false
    const waiter: Waiter = {
      position,
      confirmed: () => {
        isConfirmed = true
        done.abort()
      },
    }
    pool.waiters.push(waiter)
    await timer.wait(waitMs, done.signal)
    if (isConfirmed) return
    pool.waiters = pool.waiters.filter((one) => one !== waiter)
    if (pool.unconfirmed === undefined) {
      const { whenNoneAnswers } = mode
      log.error({ poolId, position, whenNoneAnswers }, 'no ACTIVE replica confirms the writes of the pool')
    }
    pool.unconfirmed = Math.max(pool.unconfirmed ?? 0, position)
    if (mode.whenNoneAnswers === 'continue') return
    throw unconfirmedFault(
      'The change is stored in the primary Region, and no replica confirmed it in time. It lasts unless the primary Region is lost before a replica has it.',
    )
  }

  const confirmed = (poolId: string, position: number): void => {
    const pool = poolOf(poolId)
    pool.confirmedTo = Math.max(pool.confirmedTo, position)
    if (pool.unconfirmed !== undefined && pool.confirmedTo >= pool.unconfirmed) {
      pool.unconfirmed = undefined
      log.info({ poolId, position }, 'a replica confirms the writes of the pool again')
    }
    const done = pool.waiters.filter((waiter) => waiter.position <= pool.confirmedTo)
    if (done.length === 0) return
    pool.waiters = pool.waiters.filter((waiter) => waiter.position > pool.confirmedTo)
    for (const waiter of done) waiter.confirmed()
  }

  return {
    beforeWrite: async (poolId, collections) => {
      const mode = await modeOf(poolId)
      if (mode !== undefined && !isOwn(collections)) before(poolId, mode)
    },
    afterWrite: async (poolId, collections, position) => {
      const mode = await modeOf(poolId)
      if (mode !== undefined && !isOwn(collections)) await after(poolId, mode, position)
    },
    modeChanged: (poolId) => {
      modes.delete(poolId)
      pools.delete(poolId)
    },
    states: () =>
      [...pools].map(([poolId, { unconfirmed }]) => ({ poolId, isConfirmed: unconfirmed === undefined })),
    calls: {
      receipt: async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        await authorise(poolId, fromRegion)
        // Only one that would serve if the primary were lost counts.
        if (fields.text('status') === 'ACTIVE') confirmed(poolId, fields.count('position'))
        return {}
      },
      // Asked by the other nodes of this Region, before a write (without a position) and after it.
      confirmation: async (_fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const position = fields.optionalCount('position')
        const mode = await modeOf(poolId)
        if (mode === undefined) return {}
        if (position === undefined) before(poolId, mode)
        else await after(poolId, mode, position)
        return {}
      },
    },
  }
}

/** For a node that doesn't lead its Region: receipts come to the node that does, which is asked. */
export const confirmationsAtLead = (
  parts: Pick<ReplicationParts, 'region' | 'transport'>,
  isSynchronous: (poolId: string) => Promise<boolean>,
): WriteWatch => {
  const ask = async (poolId: string, collections: ReadonlySet<string>, about: object): Promise<void> => {
    if ([...collections].every((name) => ownCollections.has(name)) || !(await isSynchronous(poolId))) return
    try {
      await parts.transport.call(
        parts.region,
        'confirmation',
        { poolId, ...about },
        { timeoutMs: leadTimeoutMs },
      )
    } catch (error) {
      if (error instanceof PeerFailure) throw unconfirmedFault(error.message)
      throw error
    }
  }
  return {
    beforeWrite: (poolId, collections) => ask(poolId, collections, {}),
    afterWrite: (poolId, collections, position) => ask(poolId, collections, { position }),
  }
}
