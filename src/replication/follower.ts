// The secondary's side of a pool: checks the keys, copies, follows, and starts again after whatever goes wrong (SPEC.md, "States").
import { Divergence, type LogEntry, type Store, type StreamHead } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { type Keyring, readKeyring } from '../vault/keyring.ts'
import { isFault } from '../wire/fault.ts'
import type { FeedRequest } from './feed.ts'
import { decodeFrame, type FeedFrame, type Heartbeat } from './feed-frames.ts'
import { type FollowerEvent, type FollowerState, nextFollowerState } from './follower-state.ts'
import { readFields } from './message-fields.ts'
import { PeerFailure, type PeerTransport } from './peer-port.ts'
import { receivedBatches } from './received-batches.ts'
import { takeCopy } from './take-copy.ts'
import { type BackOffLimits, backOffMs, type Timer } from './timer.ts'

export type FollowerStatus = {
  readonly poolId: string
  readonly primaryRegion: string
  readonly state: FollowerState
  /** Why it waits or stopped, in words for an operator. */
  readonly reason?: string
  readonly position: number
  /** Highest position that the primary is known to have. */
  readonly primaryPosition: number
  readonly startedAtMs: number
  /** By the primary's clock: everything committed before this is here. Undefined before the first contact. */
  readonly syncedToMs?: number
  /** Time from commit at the primary to applied here, of the last entry. */
  readonly lastDelayMs?: number
  readonly copiedRecords: number
  readonly divergences: number
}

export type FollowerHooks = {
  /** Before data that is here is dropped for a new copy. */
  copyBegins(): Promise<void>
  /** What is here from now on is a copy, not yet whole, of the present primary's data. */
  copyBegun?(): Promise<void>
  /** The copy is whole and every entry from here on is applied; called at each start of following, so it must be idempotent. */
  copyIsWhole(): Promise<void>
  /** After entries were applied; it must not wait. */
  applied(head: StreamHead, entries: readonly LogEntry[]): void
  stateChanged(status: FollowerStatus): void
}

export type FollowerOptions = {
  readonly poolId: string
  readonly primaryRegion: string
  readonly store: Store
  readonly transport: PeerTransport
  readonly clock: Clock
  readonly random: Random
  readonly timer: Timer
  readonly log: Logger
  readonly hooks: FollowerHooks
  /** Epoch of the last takeover that this Region knows of. */
  readonly reign?: number
  /** What is here is of another history: it is dropped and copied anew. */
  readonly copiesAnew?: boolean
  /** Rejects with a Fault unless both service principals may open the keyring in this Region. */
  checkKeyring(keyring: Keyring): Promise<void>
  readonly backOff?: BackOffLimits
  readonly idleTimeoutMs?: number
  readonly keyCheckEveryMs?: number
  /** A copy is stored in pages of so many records, or a frame more. */
  readonly pageRecords?: number
}

export type Follower = {
  status(): FollowerStatus
  /** Drops what is here and copies anew, once the primary answers. */
  recopy(): void
  stop(): Promise<void>
}

const backOffDefault: BackOffLimits = { firstMs: 100, mostMs: 5_000 }
const idleTimeoutMsDefault = 5_000
const keyCheckEveryMsDefault = 60_000
const entriesPerApplyMax = 1_000
const inboxBytesMax = 8 * 1024 * 1024

/** What a failure means for the follower; anything else is tried again. */
const eventOf = (error: unknown): FollowerEvent => {
  if (error instanceof Divergence) return 'diverged'
  if (error instanceof PeerFailure && error.code === 'Diverged') return 'diverged'
  if (error instanceof PeerFailure && error.code === 'LogTrimmed') return 'trimmed'
  return 'failed'
}

/** Messages of our own errors hold no personal data; of any other error only its name is shown. */
const reasonOf = (error: unknown): string => {
  if (isFault(error) || error instanceof PeerFailure || error instanceof Divergence) return error.message
  return error instanceof Error ? `an internal error (${error.name})` : 'an internal error'
}

const isCopyUnderWay = (head: StreamHead): boolean =>
  head.copy === undefined ? head.position === 0 : head.copy.until === undefined

export const startFollower = (options: FollowerOptions): Follower => {
  const { poolId, primaryRegion, store, transport, clock, timer, hooks } = options
  const backOff = options.backOff ?? backOffDefault
  const idleTimeoutMs = options.idleTimeoutMs ?? idleTimeoutMsDefault
  const keyCheckEveryMs = options.keyCheckEveryMs ?? keyCheckEveryMsDefault

  const startedAtMs = clock.now()
  let state: FollowerState = 'checking'
  let reason: string | undefined
  let position = 0
  let primaryPosition = 0
  let syncedToMs: number | undefined
  let lastDelayMs: number | undefined
  let copiedRecords = 0
  let divergences = 0
  let failures = 0
  let isRecopyWanted = options.copiesAnew === true
  let isStopping = false
  /** Ends what the present state is doing. */
  let interruption = new AbortController()

  const status = (): FollowerStatus => ({
    poolId,
    primaryRegion,
    state,
    ...(reason === undefined ? {} : { reason }),
    position,
    primaryPosition: Math.max(primaryPosition, position),
    startedAtMs,
    ...(syncedToMs === undefined ? {} : { syncedToMs }),
    ...(lastDelayMs === undefined ? {} : { lastDelayMs }),
    copiedRecords,
    divergences,
  })
  /** A call that is given up when the follower is interrupted: the answer of a dead Region can be long in coming. */
  const call = async (name: string, body: unknown, timeoutMs?: number): Promise<unknown> => {
    const { signal } = interruption
    const given = Promise.withResolvers<never>()
    const giveUp = (): void => given.reject(new PeerFailure('Interrupted', 'the call was given up'))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const options = timeoutMs === undefined ? {} : { timeoutMs }
      return await Promise.race([transport.call(primaryRegion, name, body, options), given.promise])
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** The entry at the head; undefined when it is not in this Region's own log, as after a copy. */
  const lastApplied = async (head: StreamHead): Promise<LogEntry | undefined> => {
    if (head.position === 0) return undefined
    try {
      return (await store.readLog(poolId, head.position - 1, 1))[0]
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

  const check = async (): Promise<FollowerEvent> => {
    const head = await store.head(poolId)
    position = head.position
    const isResumed = !isRecopyWanted && head.copy !== undefined
    syncedToMs ??= (await lastApplied(head))?.committedAtMs
    if (!isRecopyWanted && !isCopyUnderWay(head)) {
      const stored = await readKeyring(store, poolId)
      if (stored === undefined) throw new Divergence(`${poolId} is at position ${position} without a keyring`)
      await options.checkKeyring(stored.keyring)
      return 'copy-whole'
    }
    const resumeFrom = isResumed ? head.copy?.from : undefined
    const start = readFields(
      await call('copy-begin', { poolId, ...(resumeFrom === undefined ? {} : { resumeFrom }) }),
    )
    const keyring = JSON.parse(Buffer.from(start.text('keyring'), 'base64').toString('utf8')) as Keyring
    await options.checkKeyring(keyring)
    if (!isResumed) {
      await hooks.copyBegins()
      await store.beginCopy(poolId, start.count('position'), start.count('epoch'))
      await hooks.copyBegun?.()
      position = start.count('position')
      copiedRecords = 0
      isRecopyWanted = false
    }
    return 'copy-needed'
  }

  const copy = async (signal: AbortSignal): Promise<FollowerEvent> => {
    const isWhole = await takeCopy({
      poolId,
      primaryRegion,
      store,
      transport,
      signal,
      ...(options.pageRecords === undefined ? {} : { pageRecords: options.pageRecords }),
      stored: (recordCount, positionThere) => {
        copiedRecords += recordCount
        primaryPosition = Math.max(primaryPosition, positionThere)
        failures = 0
      },
    })
    return isWhole ? 'copy-whole' : 'failed'
  }

  /** SPEC.md, I2: whenever both stand at the same position the digests are the same. */
  const compareWith = (heartbeat: Heartbeat, head: StreamHead): void => {
    if (head.copy !== undefined || heartbeat.position !== head.position) return
    if (heartbeat.digest !== head.digest)
      throw new Divergence(`${poolId} differs from its primary at position ${head.position}`)
  }

  const apply = async (frames: readonly FeedFrame[], before: StreamHead): Promise<StreamHead> => {
    const entries = frames.flatMap((frame) => (frame.kind === 'entries' ? frame.entries : []))
    primaryPosition = Math.max(primaryPosition, entries.at(-1)?.position ?? 0)
    // SPEC.md, I3: also one in the middle of what came together.
    let reached = before.position
    for (const entry of entries) {
      if (entry.position > reached + 1)
        throw new PeerFailure('FeedGap', `the feed went from position ${reached} to ${entry.position}`)
      reached = Math.max(reached, entry.position)
    }
    let head = before
    for (let at = 0; at < entries.length; at += entriesPerApplyMax) {
      head = await store.applyLog(poolId, entries.slice(at, at + entriesPerApplyMax))
      position = head.position
    }
    const last = entries.at(-1)
    if (last !== undefined) {
      syncedToMs = Math.max(syncedToMs ?? 0, last.committedAtMs)
      lastDelayMs = Math.max(0, clock.now() - last.committedAtMs)
    }
    for (const frame of frames) {
      if (frame.kind !== 'heartbeat') continue
      primaryPosition = Math.max(primaryPosition, frame.heartbeat.position)
      compareWith(frame.heartbeat, head)
      if (frame.heartbeat.position <= head.position)
        syncedToMs = Math.max(syncedToMs ?? 0, frame.heartbeat.atMs)
    }
    if (head.copy === undefined && before.copy !== undefined) await hooks.copyIsWhole()
    hooks.applied(head, entries)
    return head
  }

  const keepCheckingKeyring = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await timer.wait(keyCheckEveryMs, signal)
      if (signal.aborted) return
      const stored = await readKeyring(store, poolId)
      if (stored !== undefined) await options.checkKeyring(stored.keyring)
    }
  }

  const follow = async (signal: AbortSignal): Promise<FollowerEvent> => {
    let head = await store.head(poolId)
    if (head.copy === undefined) await hooks.copyIsWhole()
    const request: FeedRequest = {
      poolId,
      after: head.position,
      epoch: head.epoch,
      ...(head.copy === undefined ? { digest: head.digest } : {}),
      ...(options.reign === undefined ? {} : { reign: options.reign }),
    }
    const batches = receivedBatches({
      transport,
      primaryRegion,
      name: 'feed',
      request,
      decode: decodeFrame,
      bytesMax: inboxBytesMax,
      idleTimeoutMs,
      signal,
      beside: keepCheckingKeyring,
    })
    for await (const frames of batches) {
      head = await apply(frames, head)
      failures = 0
    }
    return 'failed'
  }

  const wait = async (signal: AbortSignal): Promise<FollowerEvent> => {
    await timer.wait(backOffMs(failures, backOff, options.random), signal)
    return 'retry'
  }
  const idle = (signal: AbortSignal): Promise<FollowerEvent> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve('stop')
      else signal.addEventListener('abort', () => resolve('stop'), { once: true })
    })

  const work: Readonly<Record<FollowerState, (signal: AbortSignal) => Promise<FollowerEvent>>> = {
    checking: check,
    copying: copy,
    following: follow,
    waiting: wait,
    diverged: idle,
    stopped: idle,
  }

  const failed = (error: unknown): FollowerEvent => {
    const event = eventOf(error)
    reason = reasonOf(error)
    if (event === 'failed') failures += 1
    if (event === 'diverged') divergences += 1
    if (event === 'trimmed') isRecopyWanted = true
    const level = event === 'diverged' ? 'error' : 'warn'
    options.log[level]({ poolId, primaryRegion, event, failures, reason }, 'replication was interrupted')
    return event
  }

  const run = async (): Promise<void> => {
    while (state !== 'stopped') {
      interruption = new AbortController()
      let event: FollowerEvent
      try {
        event = isStopping ? 'stop' : await work[state](interruption.signal)
      } catch (error) {
        event = interruption.signal.aborted ? 'retry' : failed(error)
      }
      if (isStopping) event = 'stop'
      else if (interruption.signal.aborted) event = 'recopy'
      state = nextFollowerState(state, event)
      if (state === 'following' || state === 'copying') reason = undefined
      hooks.stateChanged(status())
    }
  }
  const ended = run()

  return {
    status,
    recopy: () => {
      isRecopyWanted = true
      interruption.abort()
    },
    stop: () => {
      isStopping = true
      interruption.abort()
      return ended
    },
  }
}
