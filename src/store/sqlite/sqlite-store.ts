// The embedded engine: a store in one folder, over SQLite, with reads in the calling thread and writes grouped in a thread of their own.

import type { Clock } from '../../telemetry/clock.ts'
import {
  checkCommit,
  checkNumber,
  checkRecord,
  checkScope,
  checkStream,
  pageLimitMax,
  scopeOf,
} from '../keys.ts'
import { checkLogEntry } from '../log-entry.ts'
import type { Commit, LogEntry, Store, StoreRecord } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'
import { storeFailure } from './failure.ts'
import { databasePath, takeFolder } from './folder.ts'
import { createReader } from './reader.ts'
import { openReader } from './schema.ts'
import { createWatchers } from './watchers.ts'
import { startWriter } from './writer-client.ts'

export type SqliteStoreOptions = {
  /** Made (0700) if it is missing. One process at a time. */
  readonly folder: string
  readonly clock: Clock
  /** Entries that each stream's log keeps; older ones are trimmed. */
  readonly logEntriesMax?: number
  /** Bound of the database file, beside its write-ahead log. Unbounded unless given. */
  readonly sizeMaxBytes?: number
  /** Changes, and their bytes, that may wait for the disk before StoreBusy. */
  readonly waitingMax?: number
  readonly waitingBytesMax?: number
  /** Hears what a listener of `watch` throws; a process warning unless given. */
  readonly onListenerError?: (error: unknown) => void
}

const pageBytesMax = 32 * 1024 * 1024

/** Exactly what the port names, so that nothing else a caller's object carries has to cross to the other thread. */
const copied = ({ key, version, value, terms }: StoreRecord): StoreRecord => ({
  key,
  version,
  // Sending a small Buffer to another thread would send the whole pool that it lies in; and the caller may go on using its memory.
  value: new Uint8Array(value),
  terms: [...terms],
})

const copiedCommit = ({ check = [], put = [], delete: deleted = [], add = [], stream }: Commit): Commit => ({
  check: check.map(({ key, version }) => ({ key, version })),
  put: put.map(copied),
  delete: [...deleted],
  add: add.map(({ key, amount }) => ({ key, amount })),
  stream,
})

const copiedEntry = (entry: LogEntry): LogEntry => {
  const { position, epoch, committedAtMs, puts, deletes, digest } = entry
  const logged = deletes.map(({ key, version }) => ({ key, version }))
  return { position, epoch, committedAtMs, puts: puts.map(copied), deletes: logged, digest }
}

const checkPage = (stream: string, records: readonly StoreRecord[]): number => {
  if (records.length > pageLimitMax) throw new RangeError(`a page holds at most ${pageLimitMax} records`)
  let bytes = 0
  for (const record of records) {
    bytes += checkRecord(record)
    if (scopeOf(record.key) !== stream)
      throw new RangeError(`a copy of ${stream} can't hold another scope's record: ${record.key}`)
  }
  if (bytes > pageBytesMax) throw new RangeError(`a page is larger than ${pageBytesMax} bytes`)
  return bytes
}

const checkEntries = (stream: string, entries: readonly LogEntry[]): number => {
  if (entries.length > pageLimitMax) throw new RangeError(`at most ${pageLimitMax} entries at a time`)
  const bytes = entries.reduce((sum, entry) => sum + checkLogEntry(entry, stream), 0)
  if (bytes > pageBytesMax) throw new RangeError(`the entries are larger than ${pageBytesMax} bytes`)
  return bytes
}

/**
 * Opens (or makes) the store in `folder`. Rejects with StoreLocked when another process has it, with StoreFailure when the folder can't be
 * written, the file is damaged or was written by a newer version. The store's methods reject with RangeError for what the port forbids,
 * Conflict, Divergence, StoreBusy and StoreFailure.
 */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<Store> => {
  const { folder, clock, logEntriesMax = 1_000_000, sizeMaxBytes } = options
  checkNumber(logEntriesMax, 1, 'logEntriesMax')
  const releaseFolder = takeFolder(folder, clock.now())
  const path = databasePath(folder)
  const watchers = createWatchers(options.onListenerError)
  const limits = {
    waitingMax: options.waitingMax ?? 10_000,
    waitingBytesMax: options.waitingBytesMax ?? 64 * 1024 * 1024,
  }
  const writer = await startWriter({ path, logEntriesMax, sizeMaxBytes }, limits, watchers.notify).catch(
    (error: unknown) => {
      releaseFolder()
      throw error
    },
  )
  const database = openReader(path)
  const reader = createReader(database)
  let closing: Promise<void> | undefined

  /** Runs a read; what is not the caller's mistake comes out as StoreFailure. */
  const read = async <Result>(work: () => Result): Promise<Result> => {
    if (closing !== undefined) throw new StoreFailure('the store is closed')
    try {
      return work()
    } catch (error) {
      if (error instanceof RangeError) throw error
      throw storeFailure(error, 'reading the store')
    }
  }

  const headAfter = async (stream: string, submitted: ReturnType<typeof writer.submit>) => {
    const { head } = await submitted
    if (head === undefined) throw new StoreFailure(`the writer did not say where ${stream} stands`)
    return head
  }

  return {
    get: (key) => read(() => reader.get(key)),
    getMany: (keys) => read(() => reader.getMany(keys)),
    range: (prefix, rangeOptions) => read(() => reader.range(prefix, rangeOptions)),
    find: (term, prefix, rangeOptions) => read(() => reader.find(term, prefix, rangeOptions)),
    count: (scopeAndCollection) => read(() => reader.count(scopeAndCollection)),
    counter: (key) => read(() => reader.counter(key)),
    head: (stream) => read(() => reader.head(stream)),
    readLog: (stream, after, limit) => read(() => reader.readLog(stream, after, limit)),
    watch: (stream, listener) => {
      checkStream(stream)
      return watchers.add(stream, listener)
    },
    commit: async (commit) => {
      const bytes = checkCommit(commit)
      const job = { kind: 'commit', commit: copiedCommit(commit), nowMs: clock.now() } as const
      const { position } = await writer.submit(job, bytes)
      return position === undefined ? {} : { position }
    },
    trimLog: async (stream, upTo) => {
      checkStream(stream)
      checkNumber(upTo, 0, 'upTo')
      await writer.submit({ kind: 'trimLog', stream, upTo }, 64)
    },
    raiseEpoch: async (stream, epoch) => {
      checkStream(stream)
      checkNumber(epoch, 1, 'the epoch')
      return headAfter(stream, writer.submit({ kind: 'raiseEpoch', stream, epoch, nowMs: clock.now() }, 64))
    },
    beginCopy: async (stream, from, epoch) => {
      checkStream(stream)
      checkNumber(from, 0, 'from')
      checkNumber(epoch, 0, 'the epoch')
      await writer.submit({ kind: 'drop', scope: stream, begin: { from, epoch } }, 64)
    },
    copyPage: async (stream, records, { after, until }) => {
      checkStream(stream)
      if (until !== undefined) checkNumber(until, 0, 'until')
      const bytes = checkPage(stream, records)
      const page = records.map(copied)
      await writer.submit({ kind: 'copyPage', stream, records: page, progress: { after, until } }, bytes)
    },
    applyLog: async (stream, entries) => {
      checkStream(stream)
      const bytes = checkEntries(stream, entries)
      const job = { kind: 'applyLog', stream, entries: entries.map(copiedEntry) } as const
      return headAfter(stream, writer.submit(job, bytes))
    },
    dropScope: async (scope) => {
      checkScope(scope)
      await writer.submit({ kind: 'drop', scope }, 64)
    },
    close: () => {
      closing ??= (async () => {
        try {
          // The reader goes first: the last connection to close moves the write-ahead log into the database file.
          database.close()
          await writer.close()
        } finally {
          watchers.clear()
          releaseFolder()
        }
      })()
      return closing
    },
  }
}
