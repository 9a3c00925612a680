// Who may write to a pool, over all its promotions: how two claims compare, where two histories part, and how a claim travels.
import type { RegisteredPool, Reign, Takeover } from '../directory/records/user-pool.ts'
import { readFields } from './message-fields.ts'

/** Older ones are forgotten: a Region that was away for longer sets aside all that its log has. */
export const takeoversKept = 20

const unclaimed: Reign = { takeovers: [], seenEpoch: 0 }

export const reignOf = (pool: Pick<RegisteredPool, 'reign'>): Reign => pool.reign ?? unclaimed

export const latestOf = (takeovers: readonly Takeover[]): Takeover | undefined => takeovers.at(-1)

export const epochOf = (takeovers: readonly Takeover[]): number => latestOf(takeovers)?.epoch ?? 0

/** Whether the first claim wins over the second: the later epoch; of the same epoch, the Region that comes first in the alphabet. */
export const isLater = (one: readonly Takeover[], other: readonly Takeover[]): boolean => {
  const [left, right] = [latestOf(one), latestOf(other)]
  if (left === undefined || right === undefined) return left !== undefined
  return left.epoch > right.epoch || (left.epoch === right.epoch && left.region < right.region)
}

const isSame = (one: Takeover, other: Takeover): boolean =>
  one.epoch === other.epoch && one.region === other.region && one.digest === other.digest

/** Up to which position a Region that knows of the takeovers `own` and one that knows of `claimed` have the same history; undefined: as far as known. */
export const partingOf = (own: readonly Takeover[], claimed: readonly Takeover[]): number | undefined => {
  const theirs = claimed.find((one) => !own.some((other) => isSame(one, other)))
  // A list that is not full has forgotten none: what it does not name never was in that history.
  const oldest = claimed.length < takeoversKept ? 0 : (claimed[0]?.epoch ?? 0)
  const ours = own.find((one) => one.epoch >= oldest && !claimed.some((other) => isSame(one, other)))
  const positions = [theirs, ours].filter((one) => one !== undefined).map(({ position }) => position)
  return positions.length === 0 ? undefined : Math.min(...positions)
}

const takeoverIn = (item: unknown): Takeover => {
  const fields = readFields(item)
  return {
    epoch: fields.count('epoch'),
    region: fields.text('region'),
    position: fields.count('position'),
    digest: fields.text('digest'),
    atMs: fields.count('atMs'),
    isForced: fields.flag('isForced'),
  }
}

/** The takeovers in a peer's message; none when it has none. */
export const readTakeovers = (message: unknown): readonly Takeover[] =>
  (readFields(message).optionalList('takeovers', takeoversKept) ?? []).map(takeoverIn)
