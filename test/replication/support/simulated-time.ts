// Time and randomness of a simulation: nothing waits for real, and a seed gives the same run again.
import type { Timer } from '../../../src/replication/timer.ts'
import type { Clock, Random } from '../../../src/telemetry/clock.ts'

export type Dice = Random & {
  /** 0 to below `bound`. */
  below(bound: number): number
  /** True once in `sides` times. */
  once(sides: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** mulberry32 */
export const createDice = (seed: number): Dice => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => next() % bound
  return {
    below,
    once: (sides) => below(sides) === 0,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}

export type SimulatedTime = {
  readonly clock: Clock
  readonly timer: Timer
  /** Lets everything that is due within `ms` happen, one waiting after the other. */
  pass(ms: number): Promise<void>
}

/** Everything that can go on without time passing goes on: it is all microtasks, which end before the next macrotask. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const createSimulatedTime = (): SimulatedTime => {
  type Waiting = { readonly atMs: number; readonly order: number; readonly done: () => void }
  let nowMs = 1_700_000_000_000
  let order = 0
  const waiting = new Set<Waiting>()
  const nextUntil = (untilMs: number): Waiting | undefined => {
    let next: Waiting | undefined
    for (const candidate of waiting) {
      if (candidate.atMs > untilMs) continue
      const isEarlier =
        next === undefined ||
        candidate.atMs < next.atMs ||
        (candidate.atMs === next.atMs && candidate.order < next.order)
      if (isEarlier) next = candidate
    }
    return next
  }
  return {
    clock: { now: () => nowMs },
    timer: {
      wait: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) {
            resolve()
            return
          }
          order += 1
          const entry: Waiting = {
            atMs: nowMs + ms,
            order,
            done: () => {
              waiting.delete(entry)
              signal?.removeEventListener('abort', entry.done)
              resolve()
            },
          }
          waiting.add(entry)
          signal?.addEventListener('abort', entry.done, { once: true })
        }),
    },
    pass: async (ms) => {
      const untilMs = nowMs + ms
      await settle()
      for (let next = nextUntil(untilMs); next !== undefined; next = nextUntil(untilMs)) {
        nowMs = Math.max(nowMs, next.atMs)
        next.done()
        await settle()
      }
      nowMs = untilMs
    },
  }
}
