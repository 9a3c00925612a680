// Waiting and backing off, handed in to everything that replicates so that a simulation can own time.
import type { Random } from '../telemetry/clock.ts'

export type Timer = {
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemTimer: Timer = {
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const done = (): void => {
        clearTimeout(timeout)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timeout = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    }),
}

export type BackOffLimits = { readonly firstMs: number; readonly mostMs: number }

/** How long to wait after the `failures`-th failure in a row (1, 2 …): doubling, bounded, half of it random so that peers don't march in step. */
export const backOffMs = (failures: number, limits: BackOffLimits, random: Random): number => {
  const doubled = Math.min(limits.mostMs, limits.firstMs * 2 ** Math.min(failures - 1, 30))
  const fraction = random.bytes(4).readUInt32BE(0) / 2 ** 32
  return Math.ceil(doubled / 2 + (doubled / 2) * fraction)
}
