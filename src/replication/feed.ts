// The primary's side of following: streams a pool's log to a replica from any position, as fast as the replica reads.
import type { LogEntry, Store } from '../store/store.ts'
import type { Clock } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { encodeEntries, encodeHeartbeat } from './feed-frames.ts'
import { readFields } from './message-fields.ts'
import type { PeerStreamHandler } from './peer-port.ts'
import type { Timer } from './timer.ts'

/** Where the follower stands. `digest` is absent while a copy is under way: its records are not yet those of a position. */
export type FeedRequest = {
  readonly poolId: string
  readonly after: number
  readonly epoch: number
  readonly digest?: string
  /** Epoch of the last takeover that the follower's Region knows of; 0 for none. */
  readonly reign?: number
}

export type FeedOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly timer: Timer
  /** Throws a Fault unless this Region has a replica of the pool that is to be fed from here. */
  authorise(poolId: string, region: string): Promise<void>
  /** Told that a replica has more than this primary. */
  foundOlder(poolId: string, region: string, position: number): Promise<void>
  /** Epoch of the last takeover that this Region knows of. */
  reign?(poolId: string): Promise<number>
  /** Ends every stream in order when it aborts: this Region is being stopped. */
  readonly closing?: AbortSignal
  readonly heartbeatMs?: number
  readonly pollMs?: number
}

const batchEntriesMax = 2_000
const heartbeatMsDefault = 1_000
/** The log is looked at this often even if no change was announced: announcements only save time. */
const pollMsDefault = 500

export const logTrimmed = (poolId: string, after: number): Fault =>
  new Fault('LogTrimmed', `The log of ${poolId} no longer has the entry after position ${after}.`)

const formerReign = (poolId: string, reign: number): Fault =>
  new Fault(
    'FormerReign',
    `${poolId} is here in the reign of epoch ${reign}, of which its replica has not heard.`,
  )

const diverged = (poolId: string, why: string): Fault =>
  new Fault('Diverged', `The replica of ${poolId} is not a prefix of its primary: ${why}.`)

/** Entries after a position, or the Fault that tells the follower to copy anew. */
const readBatch = async (store: Store, poolId: string, after: number): Promise<LogEntry[]> => {
  try {
    return await store.readLog(poolId, after, batchEntriesMax)
  } catch (error) {
    if (error instanceof RangeError) throw logTrimmed(poolId, after)
    throw error
  }
}

/** SPEC.md, I1 and I7: a follower that has what this primary never had is told so before it gets anything. */
const checkStart = async (
  store: Store,
  request: FeedRequest,
  foundOlder: () => Promise<void>,
): Promise<void> => {
  const { poolId, after, epoch, digest } = request
  const head = await store.head(poolId)
  if (epoch > head.epoch)
    throw new Fault(
      'StaleEpoch',
      `The replica of ${poolId} follows epoch ${epoch}; this Region is at epoch ${head.epoch}.`,
    )
  if (after > head.position) {
    // One that has not heard of this primary's takeover yet will set aside what it has more.
    if (epoch < head.epoch)
      throw new Fault(
        'StaleEpoch',
        `The replica of ${poolId} is of epoch ${epoch}, this primary of ${head.epoch}.`,
      )
    await foundOlder()
    throw new Fault(
      'PrimaryIsOlder',
      `The primary of ${poolId} is at position ${head.position}, behind this replica at ${after}: it was set back to an earlier state.`,
    )
  }
  if (digest === undefined || after === 0) return
  if (after === head.position) {
    if (digest !== head.digest) throw diverged(poolId, `the digests at position ${after} differ`)
    return
  }
  let entry: LogEntry | undefined
  try {
    entry = (await store.readLog(poolId, after - 1, 1))[0]
  } catch (error) {
    // The entry itself is trimmed; the first one after it will be compared by the follower.
    if (error instanceof RangeError) return
    throw error
  }
  if (entry?.position === after && entry.digest !== digest)
    throw diverged(poolId, `the digests at position ${after} differ`)
}

const requestIn = (body: unknown): FeedRequest => {
  const fields = readFields(body)
  const digest = fields.optionalText('digest')
  const reign = fields.optionalCount('reign')
  return {
    poolId: fields.text('poolId'),
    after: fields.count('after'),
    epoch: fields.count('epoch'),
    ...(digest === undefined ? {} : { digest }),
    ...(reign === undefined ? {} : { reign }),
  }
}

/**
 * Stream handler `feed`. Ends with a Fault: NotAReplica, LogTrimmed (copy anew), Diverged, StaleEpoch, FormerReign, PrimaryIsOlder. Holds one batch at a time: the next is
 * read when the last one was taken.
 */
export const createFeed = (options: FeedOptions): PeerStreamHandler => {
  const { store, clock, timer } = options
  const heartbeatMs = options.heartbeatMs ?? heartbeatMsDefault
  const pollMs = Math.min(options.pollMs ?? pollMsDefault, heartbeatMs)

  return async function* feed(fromRegion, body, gone) {
    const signal = options.closing === undefined ? gone : AbortSignal.any([gone, options.closing])
    const request = requestIn(body)
    const { poolId } = request
    await options.authorise(poolId, fromRegion)
    const reign = (await options.reign?.(poolId)) ?? 0
    // It is no divergence: what the follower has beyond the takeover is set aside when it hears of it.
    if (request.reign !== undefined && request.reign < reign) throw formerReign(poolId, reign)
    /** After what was read: a Region that has given way reads another history from then on, also when it is the primary once more. */
    const requireSame = async (): Promise<void> => {
      await options.authorise(poolId, fromRegion)
      const now = (await options.reign?.(poolId)) ?? 0
      if (now !== reign) throw formerReign(poolId, now)
    }
    await checkStart(store, request, () => options.foundOlder(poolId, fromRegion, request.after))
    let after = request.after
    let changed = new AbortController()
    let heartbeatAtMs = Number.NEGATIVE_INFINITY
    const wake = (): void => changed.abort()
    const unwatch = store.watch(poolId, wake)
    signal.addEventListener('abort', wake, { once: true })
    try {
      while (!signal.aborted) {
        changed = new AbortController()
        const entries = await readBatch(store, poolId, after)
        if (entries.length > 0) await requireSame()
        for (const frame of encodeEntries(entries)) yield frame
        after = entries.at(-1)?.position ?? after
        const atMs = clock.now()
        if (atMs - heartbeatAtMs >= heartbeatMs) {
          const { position, epoch, digest } = await store.head(poolId)
          await requireSame()
          yield encodeHeartbeat({ position, epoch, digest, atMs })
          heartbeatAtMs = atMs
        }
        if (entries.length === 0 && !signal.aborted) await timer.wait(pollMs, changed.signal)
      }
    } finally {
      unwatch()
      signal.removeEventListener('abort', wake)
    }
  }
}
