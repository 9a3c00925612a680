// Time and randomness, handed in so that tests and simulations can replay a run.
import { randomBytes, randomFillSync } from 'node:crypto'

export type Clock = {
  /** ms since 1970. */
  now(): number
}

export type Random = {
  bytes(length: number): Buffer
}

export const systemClock: Clock = { now: () => Date.now() }

/** Bytes drawn ahead: a call of the system's generator costs ten times as much as the few bytes that a request asks for at a time. */
const drawn = Buffer.alloc(4_096)
let usedCount = drawn.length
const shareMax = 256

export const systemRandom: Random = {
  bytes: (length) => {
    if (length > shareMax) return randomBytes(length)
    if (usedCount + length > drawn.length) {
      randomFillSync(drawn)
      usedCount = 0
    }
    const share = drawn.subarray(usedCount, usedCount + length)
    usedCount += length
    const given = Buffer.from(share)
    // What was handed out is nowhere else.
    share.fill(0)
    return given
  },
}
