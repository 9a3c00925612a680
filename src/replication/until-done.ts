// What must be done for a pool sooner or later: tried in the background, ever more slowly, until it succeeds.

import { isWorthALine, type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { BackOffLimits } from './timer.ts'

export type UntilDone = {
  /** Begins to try; what is being tried for the key (a pool, or a pool and what of it) already is done once more after it. */
  start(key: string, run: () => Promise<void>): void
  /** Ends what is being tried; resolves when nothing runs any more. */
  close(): Promise<void>
}

const backOff: BackOffLimits = { firstMs: 200, mostMs: 10_000 }

/** `whatFails` is what the log says of a try that failed. */
export const createUntilDone = (
  { timer, random, log }: Pick<ReplicationParts, 'timer' | 'random' | 'log'>,
  whatFails: string,
): UntilDone => {
  const running = new Map<string, { readonly repeater: Repeater; isWantedAgain: boolean }>()
  return {
    start: (key, run) => {
      const known = running.get(key)
      if (known !== undefined) {
        known.isWantedAgain = true
        known.repeater.nudge()
        return
      }
      const entry = {
        isWantedAgain: false,
        repeater: startRepeater({
          timer,
          random,
          backOff,
          pauseMs: 0,
          run: async () => {
            entry.isWantedAgain = false
            await run()
            if (entry.isWantedAgain) return undefined
            running.delete(key)
            return 'done'
          },
          failed: (error, failures) => {
            if (isWorthALine(failures)) log.warn({ about: key, err: error, failures }, whatFails)
          },
        }),
      }
      running.set(key, entry)
      entry.repeater.nudge()
    },
    close: async () => {
      await Promise.all([...running.values()].map(({ repeater }) => repeater.stop()))
    },
  }
}
