// Carries out the errands of a primary, each until it is done, however often the other Region can't be reached.
import { type Errand, errandKey } from './registrations.ts'
import { isWorthALine, type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { BackOffLimits } from './timer.ts'

export type OpenErrand = { readonly errand: Errand; readonly reason?: string }

export type ErrandRunner = {
  /** Begins with the errand; does nothing when it is being carried out already. */
  run(errand: Errand): void
  /** What could not be told to other Regions yet, and why. */
  open(): readonly OpenErrand[]
  /** Ends what runs for the pool; resolves when it has. */
  stopFor(poolId: string): Promise<void>
  close(): Promise<void>
}

const backOff: BackOffLimits = { firstMs: 200, mostMs: 10_000 }

export const createErrandRunner = (
  runs: Readonly<Record<Errand['kind'], (errand: Errand) => Promise<void>>>,
  { timer, random, log }: Pick<ReplicationParts, 'timer' | 'random' | 'log'>,
): ErrandRunner => {
  const running = new Map<string, { readonly errand: Errand; readonly repeater: Repeater; reason?: string }>()
  return {
    run: (errand) => {
      const { poolId, regionName, kind } = errand
      const key = `${kind} ${errandKey(poolId, regionName)}`
      if (running.has(key)) return
      const entry: { errand: Errand; repeater: Repeater; reason?: string } = {
        errand,
        repeater: startRepeater({
          timer,
          random,
          backOff,
          pauseMs: 0,
          run: async () => {
            await runs[kind](errand)
            if (running.get(key) === entry) running.delete(key)
            return 'done'
          },
          failed: (error, failures) => {
            entry.reason = error instanceof Error ? error.message : 'it failed'
            if (isWorthALine(failures))
              log.warn({ poolId, regionName, kind, err: error, failures }, 'a Region could not be told')
          },
        }),
      }
      running.set(key, entry)
      entry.repeater.nudge()
    },
    open: () =>
      [...running.values()].map(({ errand, reason }) => ({
        errand,
        ...(reason === undefined ? {} : { reason }),
      })),
    stopFor: async (poolId) => {
      const ending = [...running].filter(([, { errand }]) => errand.poolId === poolId)
      for (const [key] of ending) running.delete(key)
      await Promise.all(ending.map(([, { repeater }]) => repeater.stop()))
    },
    close: async () => {
      await Promise.all([...running.values()].map(({ repeater }) => repeater.stop()))
    },
  }
}
