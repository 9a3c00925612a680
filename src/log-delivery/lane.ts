// The lines of one source of one pool on their way to one destination: gathered, sent in order, tried again for a while, then dropped.
import type { Clock } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { LogLine } from './log-line.ts'
import { type LogBatch, type LogSender, SendFailure, type Untaken } from './log-sender.ts'

/** What becomes of lines that are not delivered. */
export type DropReason = 'queue-full' | 'no-configuration' | 'refused' | 'endpoint-away' | 'stopped'

export type BoundSender = Pick<
  LogSender<'cloudWatchLogs'>,
  'linesMax' | 'bytesMax' | 'bytesPerLine' | 'lingerMs'
> & {
  send(batch: LogBatch, signal: AbortSignal): Promise<Untaken>
}

export type Waiting = {
  readonly clock: Clock
  /** Resolves after `ms`, or at once when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** After the `failures`-th failure in a row (1, 2 …). */
  backOffMs(failures: number): number
}

export type LaneOptions = Waiting & {
  readonly poolId: string
  readonly source: LogBatch['source']
  readonly destination: string
  readonly sender: BoundSender
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Aborts when the Region stops: nothing is waited for any more. */
  readonly stopping: AbortSignal
  /** Aborts when requests under way are given up too. */
  readonly abandoned: AbortSignal
  newBatchId(): string
  delivered(count: number): void
  dropped(count: number, reason: DropReason): void
  /** Nothing waits any more; the lane is not used again. */
  emptied(): void
}

export type Lane = { add(line: LogLine): void }

/** How long a line is kept while its destination can't be reached. */
export const keptMs = 15 * 60_000
/** So many need no further ones to go with. */
const gatheredMax = 1_000

export const createLane = (options: LaneOptions): Lane => {
  const { poolId, source, destination, sender, log, clock, stopping, abandoned } = options
  const about = { poolId, source, destination }
  let waiting: LogLine[] = []
  let isRunning = false
  let failures = 0
  let gathered = new AbortController()

  /** Oldest first, as PutLogEvents wants them. */
  const take = (): LogBatch => {
    waiting.sort((one, other) => one.atMs - other.atMs)
    let bytes = 0
    const end = waiting.findIndex(({ text }, index) => {
      bytes += Buffer.byteLength(text) + sender.bytesPerLine
      return index === sender.linesMax || (index > 0 && bytes > sender.bytesMax)
    })
    const lines = end === -1 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(lines.length)
    return { batchId: options.newBatchId(), poolId, source, lines }
  }

  const drop = (count: number, reason: DropReason, code: string): void => {
    if (count === 0) return
    options.dropped(count, reason)
    log.error({ ...about, count, reason, code }, 'log events were dropped')
  }

  /** The lines to try again. */
  const attempt = async (batch: LogBatch): Promise<{ again: readonly LogLine[]; code: string }> => {
    const { length } = batch.lines
    try {
      const { again, refusedCount } = await sender.send(batch, abandoned)
      options.delivered(length - again.length - refusedCount)
      drop(refusedCount, 'refused', 'too old or too new')
      return { again, code: 'lines were not taken' }
    } catch (error) {
      const failure =
        error instanceof SendFailure ? error : new SendFailure('unreadable answer', { isFinal: false })
      if (!failure.isFinal) return { again: batch.lines, code: failure.code }
      drop(length, 'refused', failure.code)
      return { again: [], code: failure.code }
    }
  }

  const sendUntilSettled = async (batch: LogBatch): Promise<void> => {
    let lines = batch.lines
    for (;;) {
      const { again, code } = await attempt({ ...batch, lines })
      if (again.length === 0) {
        if (failures > 0) log.info(about, 'log events are taken again')
        failures = 0
        return
      }
      if (stopping.aborted) return drop(again.length, 'stopped', code)
      const keptSinceMs = clock.now() - keptMs
      lines = again.filter(({ atMs }) => atMs > keptSinceMs)
      drop(again.length - lines.length, 'endpoint-away', code)
      if (lines.length === 0) return
      failures += 1
      if (failures === 1)
        log.warn({ ...about, code }, 'log events can’t be delivered: they are kept, and tried again')
      await options.wait(options.backOffMs(failures), stopping)
    }
  }

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      if (waiting.length < gatheredMax)
        await options.wait(sender.lingerMs, AbortSignal.any([stopping, gathered.signal]))
      gathered = new AbortController()
      await sendUntilSettled(take())
    }
    isRunning = false
    options.emptied()
  }

  return {
    add: (line) => {
      waiting.push(line)
      if (waiting.length >= gatheredMax) gathered.abort()
      if (isRunning) return
      isRunning = true
      run().catch((error: unknown) => log.error({ err: error, ...about }, 'a log can’t be delivered'))
    },
  }
}
