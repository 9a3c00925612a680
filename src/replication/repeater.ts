// One task that runs again and again: soon after it is nudged, every so often on its own, later after each failure; never twice at once.
import type { Random } from '../telemetry/clock.ts'
import { type BackOffLimits, backOffMs, type Timer } from './timer.ts'

/** The first failures in a row are logged, then every 50th: an outage of hours must not fill a disk. */
export const isWorthALine = (failures: number): boolean => failures <= 2 || failures % 50 === 0

export type Repeater = {
  /** Asks for a run as soon as the pause since the last one is over. A nudge while the task runs makes it run once more. */
  nudge(): void
  /** Resolves when the task has ended for good. */
  stop(): Promise<void>
}

export type RepeaterOptions = {
  readonly timer: Timer
  readonly random: Random
  readonly backOff: BackOffLimits
  /** Pause between two runs, however often it is nudged. */
  readonly pauseMs: number
  /** Runs also without a nudge after this time; absent: only when nudged. */
  readonly everyMs?: number
  /** Rejecting means failed: it runs again after the back-off. Resolving with `done` ends the repeater. */
  run(signal: AbortSignal): Promise<'done' | undefined>
  failed(error: unknown, failures: number): void
}

export const startRepeater = (options: RepeaterOptions): Repeater => {
  const { timer } = options
  const stopping = new AbortController()
  let isNudged = false
  let wake = new AbortController()
  const nudge = (): void => {
    isNudged = true
    wake.abort()
  }

  const loop = async (): Promise<void> => {
    let failures = 0
    while (!stopping.signal.aborted) {
      if (!isNudged) await timer.wait(options.everyMs ?? 2 ** 31 - 1, wake.signal)
      if (stopping.signal.aborted) return
      if (!isNudged && options.everyMs === undefined) continue
      isNudged = false
      wake = new AbortController()
      try {
        if ((await options.run(stopping.signal)) === 'done') return
        failures = 0
        await timer.wait(options.pauseMs, stopping.signal)
      } catch (error) {
        if (stopping.signal.aborted) return
        failures += 1
        options.failed(error, failures)
        isNudged = true
        await timer.wait(backOffMs(failures, options.backOff, options.random), stopping.signal)
      }
    }
  }
  const ended = loop()

  return {
    nudge,
    stop: () => {
      stopping.abort()
      wake.abort()
      return ended
    },
  }
}
