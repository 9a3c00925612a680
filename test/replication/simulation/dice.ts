// The randomness of a simulation: one seed gives the same numbers again, and each part can have a sequence of its own.
import type { Random } from '../../../src/telemetry/clock.ts'

export type Dice = Random & {
  /** 0 to below `bound`. */
  below(bound: number): number
  /** `from` to `to`, both included. */
  between(from: number, to: number): number
  /** True once in `sides` times. */
  once(sides: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** A sequence that the draws from this one don't change, and that changes none of this one's. */
  fork(name: string): Dice
}

/** FNV-1a, 32 bits. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** mulberry32 */
export const createDice = (seed: number): Dice => {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
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
    between: (from, to) => from + below(to - from + 1),
    once: (sides) => below(sides) === 0,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    bytes: (length) => {
      const bytes = Buffer.alloc(length)
      for (let at = 0; at < length; at += 1) bytes[at] = next() & 0xff
      return bytes
    },
    fork: (name) => createDice((seed ^ hashOf(name)) >>> 0),
  }
}
