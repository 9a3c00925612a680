// Time and randomness, handed in so that tests and simulations can replay a run.
import { randomBytes } from 'node:crypto'

export type Clock = {
  /** ms since 1970. */
  now(): number
}

export type Random = {
  bytes(length: number): Buffer
}

export const systemClock: Clock = { now: () => Date.now() }

export const systemRandom: Random = { bytes: (length) => randomBytes(length) }
