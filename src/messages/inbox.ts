// The development inbox: the last messages of each pool, kept where the pool's other regional data is, under the pool's key.

import type { Clock } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import { collection } from '../vault/collection.ts'
import type { Stored, WritableRecords } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import { isFault } from '../wire/fault.ts'

/** A message as it was handed over for delivery. */
export type InboxMessage = {
  /** Unique; among messages of one millisecond the greater is the later one. */
  readonly messageId: string
  /** ms since 1970. */
  readonly atMs: number
  readonly to: string
  readonly channel: 'EMAIL' | 'SMS'
  readonly subject?: string
  readonly body: string
  readonly code?: string
}

export const inbox = collection<InboxMessage, 'regional'>('inbox', {
  locality: 'regional',
  keyOf: ({ messageId }) => messageId,
})

export const inboxMessagesMax = 1_000
export const inboxLifetimeMs = 24 * 3_600_000
/** So many are dropped at once when an inbox is full, so that not every message after that costs a look at all of them. */
const droppedAtOnce = 100

const oldestFirst = (first: Stored<InboxMessage>, second: Stored<InboxMessage>): number =>
  first.value.atMs - second.value.atMs || (first.value.messageId < second.value.messageId ? -1 : 1)

const readAll = async (
  records: Pick<WritableRecords<'regional'>, 'list'>,
): Promise<readonly Stored<InboxMessage>[]> => {
  const { items } = await records.list(inbox, { limit: inboxMessagesMax })
  return items.toSorted(oldestFirst)
}

/** Makes room: drops what is a day old, and the oldest when the inbox is full all the same. */
export const trimInbox = async (records: WritableRecords<'regional'>, nowMs: number): Promise<void> => {
  const kept = await readAll(records)
  const expiredCount = kept.filter(({ value }) => value.atMs <= nowMs - inboxLifetimeMs).length
  const droppedCount = Math.max(expiredCount, kept.length >= inboxMessagesMax ? droppedAtOnce : 0)
  await records.commit((changes) => {
    for (const stored of kept.slice(0, droppedCount)) changes.delete(inbox, stored)
  })
}

/** A message as whoever reads the inbox sees it; `time` is ISO 8601. */
export type ReadMessage = {
  readonly poolId: string
  readonly time: string
  readonly to: string
  readonly channel: 'EMAIL' | 'SMS'
  readonly subject?: string
  readonly body: string
  readonly code?: string
}

/**
 * The messages of these pools that are less than a day old, oldest first; only those to `destination` when it is given. A pool whose key
 * can't be used is left out, and the log says so.
 */
export const readInbox = async (
  {
    vault,
    clock,
    log,
  }: {
    readonly vault: Vault
    readonly clock: Clock
    readonly log: Pick<Logger, 'warn'>
  },
  poolIds: readonly string[],
  destination?: string,
): Promise<readonly ReadMessage[]> => {
  const sinceMs = clock.now() - inboxLifetimeMs
  const found: { readonly poolId: string; readonly message: InboxMessage }[] = []
  const messagesOf = async (poolId: string): Promise<readonly Stored<InboxMessage>[]> => {
    try {
      return await readAll(vault.pool(poolId).secondary)
    } catch (error) {
      if (!isFault(error)) throw error
      log.warn({ poolId, reason: error.code }, 'the inbox of a pool can’t be read')
      return []
    }
  }
  for (const poolId of poolIds)
    for (const { value: message } of await messagesOf(poolId))
      if (message.atMs > sinceMs && (destination === undefined || message.to === destination))
        found.push({ poolId, message })
  return found
    .toSorted((first, second) => first.message.atMs - second.message.atMs)
    .map(({ poolId, message: { atMs, to, channel, subject, body, code } }) => ({
      poolId,
      time: new Date(atMs).toISOString(),
      to,
      channel,
      ...(subject === undefined ? {} : { subject }),
      body,
      ...(code === undefined ? {} : { code }),
    }))
}
