// Finds a few records that are past their end, so that whoever adds one clears away some.

import type { Clock, Random } from '../telemetry/clock.ts'
import type { Collection } from '../vault/collection.ts'
import type { Records, Stored } from '../vault/records.ts'

/** The expired ones among `limit` records from a random place on, round the end to the beginning, so that every one's turn comes. */
export const expiredAmong = async <Value extends { readonly expiresAtMs: number }>(
  records: Pick<Records, 'list'>,
  collection: Collection<Value>,
  limit: number,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<readonly Stored<Value>[]> => {
  const after = random.bytes(16).toString('base64url')
  const { items } = await records.list(collection, { after, limit })
  const rest =
    items.length === limit ? [] : (await records.list(collection, { limit: limit - items.length })).items
  const found = new Map([...items, ...rest].map((stored) => [stored.key, stored]))
  return [...found.values()].filter(({ value }) => value.expiresAtMs < clock.now())
}
