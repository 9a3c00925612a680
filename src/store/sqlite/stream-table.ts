// Where each stream stands, and its log. Heads are kept in memory while a group runs and written once at its end.
import type { DatabaseSync } from 'node:sqlite'
import { digestFromHex, digestToHex } from '../digest.ts'
import { decodeLogEntry, encodeLogEntry } from '../log-entry.ts'
import type { LogEntry, LoggedDelete, Put, StreamHead } from '../store.ts'
import { bytesIn, type CopyProgress, copyIn, numberIn, shownCopy, textIn } from './rows.ts'

export type StreamState = {
  position: number
  epoch: number
  digest: bigint
  /** Log entries up to here are gone for readers … */
  trimmed: number
  /** … and up to here from the disk. */
  swept: number
  copy: CopyProgress | undefined
}

/** A log that outgrew its limit is swept when this many entries are to go, so that not every commit pays for it. */
const sweepBatch = 1_000
const statesRememberedMax = 10_000

export const headOf = (state: StreamState): StreamHead => {
  const { position, epoch, digest, copy } = state
  const head = { position, epoch, digest: digestToHex(digest) }
  return copy === undefined ? head : { ...head, copy: shownCopy(copy) }
}

export type StreamTable = ReturnType<typeof createStreamTable>

export const createStreamTable = (database: DatabaseSync, logEntriesMax: number) => {
  const select = database.prepare('SELECT * FROM streams WHERE stream = ?')
  const unswept = database.prepare('SELECT stream FROM streams WHERE trimmed > swept')
  const write = database.prepare(
    `INSERT INTO streams (stream, position, epoch, digest, trimmed, swept, copy) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (stream) DO UPDATE SET position = excluded.position, epoch = excluded.epoch, digest = excluded.digest,
       trimmed = excluded.trimmed, swept = excluded.swept, copy = excluded.copy`,
  )
  const remove = database.prepare('DELETE FROM streams WHERE stream = ?')
  const append = database.prepare('INSERT INTO log (stream, position, entry) VALUES (?, ?, ?)')
  const entryAt = database.prepare('SELECT entry FROM log WHERE stream = ? AND position = ?')
  const sweepTo = database.prepare('DELETE FROM log WHERE stream = ? AND position <= ?')
  const removeSome = database.prepare(
    'DELETE FROM log WHERE rowid IN (SELECT rowid FROM log WHERE stream = ? ORDER BY position LIMIT ?)',
  )
  const states = new Map<string, StreamState>()
  const changed = new Set<string>()
  const grown = new Set<string>()
  /** Streams with trimmed entries to sweep from the disk now. */
  const sweeping = new Set<string>(unswept.all().map((row) => textIn(row, 'stream')))

  const read = (stream: string): StreamState => {
    const known = states.get(stream)
    if (known !== undefined) return known
    const row = select.get(stream)
    const state: StreamState =
      row === undefined
        ? { position: 0, epoch: 0, digest: 0n, trimmed: 0, swept: 0, copy: undefined }
        : {
            position: numberIn(row, 'position'),
            epoch: numberIn(row, 'epoch'),
            digest: digestFromHex(textIn(row, 'digest')),
            trimmed: numberIn(row, 'trimmed'),
            swept: numberIn(row, 'swept'),
            copy: copyIn(row),
          }
    states.set(stream, state)
    return state
  }

  const change = (stream: string): StreamState => {
    changed.add(stream)
    return read(stream)
  }

  const store = (stream: string, bytes: Uint8Array, position: number, state: StreamState): void => {
    append.run(stream, position, bytes)
    grown.add(stream)
    state.position = position
    state.trimmed = Math.max(state.trimmed, position - logEntriesMax)
    if (state.trimmed - state.swept >= sweepBatch) sweeping.add(stream)
  }

  return {
    read,
    /** The state to change; it is written by `flush`. */
    change,
    /** Sets a stream's state as a whole, or back to what it was. */
    set: (stream: string, state: StreamState): void => {
      states.set(stream, state)
      changed.add(stream)
    },
    /** Adds a commit of this store to the log, at the next position; returns that. */
    append: (
      stream: string,
      nowMs: number,
      puts: readonly Put[],
      deletes: readonly LoggedDelete[],
    ): number => {
      const state = change(stream)
      const position = state.position + 1
      const digest = digestToHex(state.digest)
      const entry = { position, epoch: state.epoch, committedAtMs: nowMs, puts, deletes, digest }
      store(stream, encodeLogEntry(entry), position, state)
      return position
    },
    /** Adds an entry of another store under its own position. */
    appendForeign: (stream: string, entry: LogEntry): void => {
      store(stream, encodeLogEntry(entry), entry.position, change(stream))
    },
    entryAt: (stream: string, position: number): LogEntry | undefined => {
      const row = entryAt.get(stream, position)
      return row === undefined ? undefined : decodeLogEntry(bytesIn(row, 'entry'))
    },
    trim: (stream: string, upTo: number): void => {
      const reached = Math.min(upTo, read(stream).position)
      if (reached > read(stream).trimmed) change(stream).trimmed = reached
      if (read(stream).trimmed > read(stream).swept) sweeping.add(stream)
    },
    /** Whether `sweepSome` has something to do. */
    hasToSweep: (): boolean => sweeping.size > 0,
    /** Deletes up to `limit` trimmed entries of one stream. */
    sweepSome: (limit: number): void => {
      const [stream] = sweeping
      if (stream === undefined) return
      const state = change(stream)
      const upTo = Math.min(state.trimmed, state.swept + limit)
      sweepTo.run(stream, upTo)
      state.swept = upTo
      if (state.swept >= state.trimmed) sweeping.delete(stream)
    },
    /** Removes up to `limit` entries of a stream that is being dropped; returns how many there were. */
    removeEntries: (stream: string, limit: number): number => Number(removeSome.run(stream, limit).changes),
    remove: (stream: string): void => {
      remove.run(stream)
      states.delete(stream)
      changed.delete(stream)
      sweeping.delete(stream)
    },
    /** Writes what changed; to be called inside the transaction. */
    flush: (): void => {
      for (const stream of changed) {
        const { position, epoch, digest, trimmed, swept, copy } = read(stream)
        const copied = copy === undefined ? null : JSON.stringify(copy)
        write.run(stream, position, epoch, digestToHex(digest), trimmed, swept, copied)
      }
      changed.clear()
      if (states.size > statesRememberedMax) states.clear()
    },
    /** The streams whose logs grew since this was last asked. */
    takeGrown: (): string[] => {
      const taken = [...grown]
      grown.clear()
      return taken
    },
    /** After a rollback what was remembered is not true. */
    forget: (): void => {
      states.clear()
      changed.clear()
      grown.clear()
      for (const row of unswept.all()) sweeping.add(textIn(row, 'stream'))
    },
  }
}
