// The embedded engine: a store in one folder, over SQLite, with reads in the calling thread and writes grouped in a thread of their own.

import type { Clock } from '../../telemetry/clock.ts'
import { createCheckedStore, type StoreReader } from '../checked-store.ts'
import { checkNumber } from '../keys.ts'
import { rememberingStore } from '../remembering-store.ts'
import type { Store } from '../store.ts'
import { StoreFailure } from '../store-errors.ts'
import { createWatchers } from '../watchers.ts'
import { storeFailure } from './failure.ts'
import { databasePath, takeFolder } from './folder.ts'
import { createReader } from './reader.ts'
import { openReader } from './schema.ts'
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
  const read = async <Result>(work: (reader: StoreReader) => Result | Promise<Result>): Promise<Result> => {
    if (closing !== undefined) throw new StoreFailure('the store is closed')
    try {
      return await work(reader)
    } catch (error) {
      if (error instanceof RangeError) throw error
      throw storeFailure(error, 'reading the store')
    }
  }

  const store = createCheckedStore({
    clock,
    read,
    submit: writer.submit,
    watch: watchers.add,
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
  })
  // This process is the only one that changes these files.
  return rememberingStore(store)
}
