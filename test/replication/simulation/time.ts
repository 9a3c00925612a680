// The time of a simulation: nothing waits for real. One thing happens at a time, in an order that depends on nothing but what went before.
import type { Timer } from '../../../src/replication/timer.ts'
import type { Clock } from '../../../src/telemetry/clock.ts'
import type { Life } from './life.ts'

export type SimulatedTime = {
  readonly clock: Clock
  readonly timer: Timer
  /** The timer of a process: once that is gone nothing is due any more. */
  timerOf(life: Pick<Life, 'isOver'>): Timer
  /** Lets everything that is due within `ms` happen, one waiting after the other. */
  pass(ms: number): Promise<void>
}

export const simulatedStartMs = 1_700_000_000_000

type Waiting = { readonly atMs: number; readonly order: number; isDone: boolean; done(): void }

/** Everything that can go on without time passing goes on: it is all microtasks, which end before the next macrotask. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const isEarlier = (one: Waiting, other: Waiting): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)

/** A binary heap, the earliest on top. */
const createQueue = () => {
  const heap: Waiting[] = []
  const swapIfEarlier = (child: number, parent: number): boolean => {
    const [one, other] = [heap[child], heap[parent]]
    if (one === undefined || other === undefined || !isEarlier(one, other)) return false
    heap[child] = other
    heap[parent] = one
    return true
  }
  return {
    first: (): Waiting | undefined => heap[0],
    add: (entry: Waiting): void => {
      heap.push(entry)
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!swapIfEarlier(at, parent)) return
        at = parent
      }
    },
    removeFirst: (): void => {
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return
      heap[0] = last
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        const [one, other] = [heap[left], heap[right]]
        const earlier = one !== undefined && other !== undefined && isEarlier(other, one) ? right : left
        if (!swapIfEarlier(earlier, at)) return
        at = earlier
      }
    },
  }
}

export const createSimulatedTime = (): SimulatedTime => {
  let nowMs = simulatedStartMs
  let order = 0
  const queue = createQueue()
  const timerOf = (life: Pick<Life, 'isOver'>): Timer => ({
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
          isDone: false,
          done: () => {
            if (entry.isDone) return
            entry.isDone = true
            signal?.removeEventListener('abort', entry.done)
            if (!life.isOver) resolve()
          },
        }
        queue.add(entry)
        signal?.addEventListener('abort', entry.done, { once: true })
      }),
  })
  return {
    clock: { now: () => nowMs },
    timer: timerOf({ isOver: false }),
    timerOf,
    pass: async (ms) => {
      const untilMs = nowMs + ms
      await settle()
      for (let next = queue.first(); next !== undefined && next.atMs <= untilMs; next = queue.first()) {
        queue.removeFirst()
        if (next.isDone) continue
        nowMs = Math.max(nowMs, next.atMs)
        next.done()
        await settle()
      }
      nowMs = untilMs
    },
  }
}
