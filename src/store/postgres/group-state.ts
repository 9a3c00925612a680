// What a group of jobs finds and leaves: worked out in memory over what was loaded for it, so that a refused job leaves no trace.
import { recordHash } from '../digest.ts'
import { isStream, scopeOf } from '../keys.ts'
import { encodeLogEntry } from '../log-entry.ts'
import type { CopyState, Key, LogEntry, StoreRecord } from '../store.ts'

/** What is known of a record that is there, without its value. */
export type Present = {
  readonly version: number
  /** Its part of the digest; undefined outside streams. */
  readonly hash: Uint8Array | undefined
  readonly terms: readonly string[]
}

export type StreamState = {
  readonly position: number
  readonly epoch: number
  readonly digest: bigint
  /** The digest that the entry at `position` carries; undefined while there is none. */
  readonly entryDigest: string | undefined
  readonly trimmed: number
  readonly copy: CopyState | undefined
}

export const newStream: StreamState = {
  position: 0,
  epoch: 0,
  digest: 0n,
  entryDigest: undefined,
  trimmed: 0,
  copy: undefined,
}

export type Loaded = {
  readonly records: ReadonlyMap<Key, Present>
  readonly counters: ReadonlyMap<Key, number>
  readonly streams: ReadonlyMap<string, StreamState>
}

export type RecordChange = {
  readonly key: Key
  readonly before: Present | undefined
  readonly after: (StoreRecord & Pick<Present, 'hash'>) | undefined
}

export type LoggedBytes = { readonly stream: string; readonly position: number; readonly entry: Buffer }

export type GroupState = ReturnType<typeof createGroupState>

export const createGroupState = (loaded: Loaded, logEntriesMax: number) => {
  const records = new Map<Key, RecordChange['after']>()
  const counters = new Map<Key, number>()
  const streams = new Map<string, StreamState>()
  const log: LoggedBytes[] = []
  let undo: (() => void)[] = []

  const set = <Name, Value>(map: Map<Name, Value>, name: Name, value: Value): void => {
    const had = map.has(name)
    const before = map.get(name) as Value
    undo.push(() => (had ? map.set(name, before) : map.delete(name)))
    map.set(name, value)
  }

  const stream = (name: string): StreamState => streams.get(name) ?? loaded.streams.get(name) ?? newStream

  return {
    present: (key: Key): Present | undefined =>
      records.has(key) ? records.get(key) : loaded.records.get(key),
    counter: (key: Key): number => counters.get(key) ?? loaded.counters.get(key) ?? 0,
    stream,
    /** Returns the record's part of the digest. */
    put: (record: StoreRecord): Uint8Array | undefined => {
      const hash = isStream(scopeOf(record.key)) ? recordHash(record) : undefined
      set(records, record.key, { ...record, hash })
      return hash
    },
    remove: (key: Key): void => set(records, key, undefined),
    setCounter: (key: Key, value: number): void => set(counters, key, value),
    changeStream: (name: string, change: Partial<StreamState>): void =>
      set(streams, name, { ...stream(name), ...change }),
    /** Adds the entry at its position, which becomes the stream's, and trims what the log no longer keeps. */
    append: (name: string, entry: LogEntry): void => {
      log.push({ stream: name, position: entry.position, entry: encodeLogEntry(entry) })
      undo.push(() => log.pop())
      set(streams, name, {
        ...stream(name),
        position: entry.position,
        entryDigest: entry.digest,
        trimmed: Math.max(stream(name).trimmed, entry.position - logEntriesMax),
      })
    },
    /** Runs a job; when it throws, everything that it did is taken back. */
    attempt: <Result>(work: () => Result): Result => {
      undo = []
      try {
        return work()
      } catch (error) {
        for (const step of undo.toReversed()) step()
        throw error
      }
    },
    /** What is to be written. */
    changes: () => ({
      records: [...records].map(
        ([key, after]): RecordChange => ({ key, before: loaded.records.get(key), after }),
      ),
      counters: [...counters],
      streams: [...streams],
      log,
    }),
  }
}
