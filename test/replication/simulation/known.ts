// What a run knows to be true of itself: what was written, acknowledged, revoked and asked for. The invariants are checked against it.
import type { Takeover } from '../../../src/directory/records/user-pool.ts'
import type { StatusRegister } from '../../../src/replication/status-register.ts'
import type { LogEntry, StreamHead } from '../../../src/store/store.ts'
import type { DiskWitness } from './disk.ts'
import { createHistory, type History, isAncestor, isSameEntry, type Moment } from './history.ts'
import type { Life } from './life.ts'
import type { Trace } from './trace.ts'

export type MadeRevocation = {
  readonly region: string
  readonly subject: string
  readonly validAfterMs: number
  /** Its replica went while the key refused: it could not be read any more (SPEC.md, "Decided here"). */
  isUnreadable: boolean
  /** Its replica has been deleted, and may have been made anew since. */
  isElsewhere: boolean
}

/** What was last asked for of a Region's replica and acknowledged; undefined when it is not known which of two requests came last. */
export type Wish = 'replica' | 'none' | undefined

export type Known = {
  readonly history: History
  readonly trace: Trace
  /** Where each Region stands; nowhere while it copies, or without a replica. */
  readonly standing: Map<string, Moment>
  /** Who wrote in each epoch. */
  readonly authors: ReadonlyMap<number, ReadonlySet<string>>
  readonly acknowledged: Set<Moment>
  readonly revocations: MadeRevocation[]
  /** The latest status of a replica that was acknowledged to somebody. */
  readonly statusSet: Map<string, StatusRegister>
  readonly wishes: ReadonlyMap<string, Wish>
  /** Asks for it in a process, and notes what is then known to be wanted. */
  wish(target: string, wish: 'replica' | 'none', life: Life, ask: () => Promise<void>): Promise<void>
  /** What its author no longer has in its log, and so can't set aside if it is left behind later. */
  readonly unlogged: Set<Moment>
  /** Notes that a Region has dropped a part of its log, or all of it. */
  forgetLog(region: string, isGone: (moment: Moment) => boolean): void
  /** Regions to which a transport brought what was never sent, since they were last copied. */
  readonly garbled: Set<string>
  /** How often a Region's replica was removed. */
  readonly droppedCount: Map<string, number>
  /** Every takeover that was decided, by epoch and Region. */
  readonly takeovers: Map<string, Takeover>
  /** Regions that somebody tried to promote by force. */
  readonly forcedAt: Set<string>
  /** When a Region's key began to refuse. */
  readonly keyRefusesSinceMs: Map<string, number>
  /** When it was last seen to refuse. */
  readonly keyRefusedAtMs: Map<string, number>
  /** When a Region was seen to feed another one no longer, by `primary replica`. */
  readonly dismissedAtMs: Map<string, number>
  /** When a frame of the feed last left, by `primary replica`. */
  readonly fedAtMs: Map<string, number>
  /** The first thing that is wrong. */
  violation(): string | undefined
  violate(what: string): void
  /** Called when the store tells the vault that a write at this position is durable. */
  acknowledge(region: string, position: number): void
  diskWitness(region: string): DiskWitness
}

const keyGraceMs = 6_000

/** `isGarbledNow`: whether a transport that does not keep its promises brings frames to the Region at the moment. */
export const createKnown = (
  trace: Trace,
  now: () => number,
  isGarbledNow: (region: string) => boolean,
): Known => {
  const history = createHistory()
  const standing = new Map<string, Moment>()
  const acknowledged = new Set<Moment>()
  const garbled = new Set<string>()
  const droppedCount = new Map<string, number>()
  const unlogged = new Set<Moment>()
  const keyRefusesSinceMs = new Map<string, number>()
  const keyRefusedAtMs = new Map<string, number>()
  const wishes = new Map<string, Wish>()
  const statusSet = new Map<string, StatusRegister>()
  const revocations: MadeRevocation[] = []
  /** Requests for a Region's replica that have no answer yet. */
  const asking = new Map<string, Set<Life>>()
  /** What a Region wrote last at a position. */
  const written = new Map<string, Moment>()
  const authors = new Map<number, Set<string>>()
  const takeovers = new Map<string, Takeover>()
  let violation: string | undefined

  const violate = (what: string): void => {
    violation ??= what
  }
  const requireKey = (region: string): void => {
    const sinceMs = keyRefusesSinceMs.get(region)
    if (sinceMs !== undefined && now() - sinceMs > keyGraceMs)
      violate(`I10: ${region} stores what its key has refused for ${now() - sinceMs} ms`)
  }

  const wrote = (region: string, before: StreamHead, entry: LogEntry): void => {
    const moment = history.write(region, before, entry)
    trace.add(`wrote ${region} ${entry.position} of epoch ${entry.epoch}: ${entry.puts.length}`)
    if (typeof moment === 'string') {
      violate(`I1: ${moment}`)
      return
    }
    const writing = authors.get(entry.epoch) ?? new Set()
    authors.set(entry.epoch, writing.add(region))
    standing.set(region, moment)
    written.set(`${region} ${entry.position}`, moment)
  }

  const applied = (region: string, before: StreamHead, entry: LogEntry, isCopying: boolean): void => {
    const moment = history.momentOf(entry)
    trace.add(`applied ${region} ${entry.position}`)
    if (moment?.entry === undefined || (!garbled.has(region) && !isSameEntry(moment.entry, entry))) {
      violate(`I1: ${region} applied an entry ${entry.position} that no primary wrote`)
      return
    }
    if (entry.position !== before.position + 1)
      violate(`I3: ${region} applied position ${entry.position} after ${before.position}`)
    if (isCopying) return
    if ((standing.get(region) ?? history.momentAt(before)) !== moment.before)
      violate(`I1: ${region} applied position ${entry.position} to another history`)
    standing.set(region, moment)
  }

  const forgetLog = (region: string, isGone: (moment: Moment) => boolean): void => {
    for (const moment of acknowledged) if (moment.author === region && isGone(moment)) unlogged.add(moment)
  }

  return {
    history,
    trace,
    standing,
    authors,
    acknowledged,
    revocations,
    statusSet,
    wishes,
    wish: async (target, wish, life, ask) => {
      const others = new Set([...(asking.get(target) ?? [])].filter((one) => !one.isOver))
      // One request that is under way may have the last word.
      const isAlone = others.size === 0
      asking.set(target, others.add(life))
      wishes.set(target, undefined)
      try {
        await ask()
        statusSet.delete(target)
        if (isAlone && asking.get(target) === others) wishes.set(target, wish)
      } finally {
        if (asking.get(target) === others) asking.delete(target)
      }
    },
    unlogged,
    forgetLog,
    garbled,
    droppedCount,
    takeovers,
    forcedAt: new Set(),
    keyRefusesSinceMs,
    keyRefusedAtMs,
    dismissedAtMs: new Map(),
    fedAtMs: new Map(),
    violation: () => violation,
    violate,
    acknowledge: (region, position) => {
      const moment = written.get(`${region} ${position}`)
      if (moment === undefined) violate(`${region} acknowledged position ${position}, which is not durable`)
      else acknowledged.add(moment)
    },
    diskWitness: (region) => ({
      wrote: (before, entry) => wrote(region, before, entry),
      given: (head, entries) => {
        requireKey(region)
        let position = head.position
        for (const entry of entries) {
          if (entry.epoch < head.epoch)
            violate(`I7: ${region}, in epoch ${head.epoch}, was given an entry of epoch ${entry.epoch}`)
          if (entry.position > position + 1)
            violate(`I3: a gap reached the store of ${region}: ${entry.position} after ${position}`)
          position = Math.max(position, entry.position)
        }
      },
      applied: (before, entry) => applied(region, before, entry, before.copy !== undefined),
      pageStored: () => {
        requireKey(region)
        trace.add(`page ${region}`)
      },
      copyBegan: (from) => {
        standing.delete(region)
        // What no other Region has is set aside before; the rest is copied back, without the log.
        const others = [...standing.values()]
        forgetLog(region, (moment) => others.some((other) => isAncestor(moment, other)))
        if (!isGarbledNow(region)) garbled.delete(region)
        trace.add(`copy ${region} from ${from}`)
      },
      forgot: () => droppedCount.set(region, 1 + (droppedCount.get(region) ?? 0)),
      lost: () => {
        trace.add(`lost ${region}`)
        standing.delete(region)
        droppedCount.set(region, 1 + (droppedCount.get(region) ?? 0))
        forgetLog(region, () => true)
        // What was made and set there alone is lost with it.
        for (const made of revocations) if (made.region === region) made.isUnreadable = true
        statusSet.delete(region)
      },
      dropped: (scope) => {
        trace.add(`dropping ${region} ${scope}`)
        if (!scope.startsWith('@')) standing.delete(region)
        if (scope.startsWith('@')) for (const made of revocations) made.isElsewhere ||= made.region === region
        if (scope.startsWith('@aside')) forgetLog(region, () => true)
        // What a deletion can't read it does without, from its first step on.
        if (now() - (keyRefusedAtMs.get(region) ?? 0) < keyGraceMs)
          for (const made of revocations) if (made.region === region) made.isUnreadable = true
      },
    }),
  }
}
