// A transport that does not keep what the port promises: frames lost, repeated, swapped, shortened or changed on their way.
import type { Dice } from './dice.ts'

export type Garbling = 'lose' | 'repeat' | 'swap' | 'shorten' | 'change'

export const garblings: readonly Garbling[] = ['lose', 'repeat', 'swap', 'shorten', 'change']

/** What is at the end of the last entry, after its position, epoch and time: those are covered by nothing but the transport. */
const coveredBytes = 40

const changed = (frame: Uint8Array, dice: Dice): Uint8Array => {
  const copy = Buffer.from(frame)
  const at = copy.length - 1 - dice.below(Math.min(coveredBytes, copy.length - 1))
  copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8))
  return copy
}

/** Every third frame or so is garbled, as long as `garbling` says so. `next` gives undefined at the end. */
export async function* garble(
  next: () => Promise<Uint8Array | undefined>,
  garbling: () => Garbling | undefined,
  dice: Dice,
): AsyncGenerator<Uint8Array> {
  for (let frame = await next(); frame !== undefined; frame = await next()) {
    const how = garbling()
    if (how === undefined || frame.length === 0 || !dice.once(3)) yield frame
    else if (how === 'lose') continue
    else if (how === 'repeat') {
      yield frame
      yield frame
    } else if (how === 'swap') {
      const following = await next()
      if (following !== undefined) yield following
      yield frame
    } else if (how === 'shorten') yield frame.subarray(0, dice.below(frame.length))
    else yield changed(frame, dice)
  }
}
