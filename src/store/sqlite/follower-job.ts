// The follower's changes inside the writer's transaction: pages of a copy, and log entries of another store.
import { addToDigest, digestToHex, takeFromDigest } from '../digest.ts'
import type { CopyState, LogEntry, StoreRecord, StreamHead } from '../store.ts'
import { Divergence } from '../store.ts'
import type { RecordTable } from './record-table.ts'
import type { StreamTable } from './stream-table.ts'
import { headOf } from './stream-table.ts'

export type FollowerJobs = ReturnType<typeof createFollowerJobs>

/** Whatever these throw may come after something was written: the caller rolls back to where it was. */
export const createFollowerJobs = (records: RecordTable, streams: StreamTable) => {
  const put = (stream: string, record: StoreRecord, isGuarded: boolean): void => {
    const current = records.present(record.key)
    if (isGuarded && current !== undefined && current.version >= record.version) return
    const state = streams.change(stream)
    if (current?.hash !== undefined) state.digest = takeFromDigest(state.digest, current.hash)
    const hash = records.put(record, current)
    if (hash !== undefined) state.digest = addToDigest(state.digest, hash)
  }

  const remove = (stream: string, key: string, version: number, isGuarded: boolean): void => {
    const current = records.present(key)
    if (current === undefined || (isGuarded && current.version > version)) return
    const state = streams.change(stream)
    if (current.hash !== undefined) state.digest = takeFromDigest(state.digest, current.hash)
    records.remove(key, current)
  }

  const compare = (stream: string, entry: LogEntry): void => {
    const digest = digestToHex(streams.read(stream).digest)
    if (digest !== entry.digest)
      throw new Divergence(
        `${stream} differs from its source at position ${entry.position}: digest ${digest}, the source has ${entry.digest}`,
      )
  }

  /** Ends the copy once every page is stored and the log applied up to where the last one was read. */
  const endCopyIfReached = (stream: string, applied: LogEntry | undefined): void => {
    const { copy, position } = streams.read(stream)
    if (copy?.until === undefined || position < copy.until) return
    // Without an entry applied since the copy began there is no digest to compare: the next entry brings one.
    if (applied !== undefined) compare(stream, applied)
    streams.change(stream).copy = undefined
  }

  const applyOne = (stream: string, entry: LogEntry): void => {
    const state = streams.change(stream)
    if (entry.position !== state.position + 1)
      throw new Divergence(`${stream} is at position ${state.position}, the entry at ${entry.position}`)
    if (entry.epoch < state.epoch)
      throw new Divergence(`${stream} is in epoch ${state.epoch}, the entry of epoch ${entry.epoch} is older`)
    const isGuarded = state.copy !== undefined
    for (const record of entry.puts) put(stream, record, isGuarded)
    for (const { key, version } of entry.deletes) remove(stream, key, version, isGuarded)
    state.epoch = entry.epoch
    streams.appendForeign(stream, entry)
    if (isGuarded) endCopyIfReached(stream, entry)
    else compare(stream, entry)
  }

  return {
    copyPage: (
      stream: string,
      page: readonly StoreRecord[],
      progress: Pick<CopyState, 'after' | 'until'>,
    ): void => {
      const { copy } = streams.read(stream)
      if (copy === undefined) throw new RangeError(`no copy of ${stream} is under way`)
      for (const record of page) put(stream, record, true)
      const state = streams.change(stream)
      state.copy = { ...copy, after: progress.after ?? copy.after, until: progress.until ?? copy.until }
      const applied = state.position > copy.from ? streams.entryAt(stream, state.position) : undefined
      endCopyIfReached(stream, applied)
    },
    applyLog: (stream: string, entries: readonly LogEntry[]): StreamHead => {
      for (const entry of entries) if (entry.position > streams.read(stream).position) applyOne(stream, entry)
      return headOf(streams.read(stream))
    },
  }
}
