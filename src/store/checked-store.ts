// What every engine does alike: holds arguments against the port's rules, copies them, and hands jobs to the engine's writing side.
import type { Clock } from '../telemetry/clock.ts'
import type { Job, JobResult } from './job.ts'
import {
  checkCommit,
  checkNumber,
  checkRecord,
  checkScope,
  checkStream,
  pageLimitMax,
  scopeOf,
} from './keys.ts'
import { checkLogEntry } from './log-entry.ts'
import type {
  Commit,
  Found,
  FoundPosition,
  LogEntry,
  RangeOptions,
  Store,
  StoreRecord,
  StreamHead,
} from './store.ts'
import { StoreFailure } from './store-errors.ts'

type Awaitable<Value> = Value | Promise<Value>

/** The reading half of the port. Its arguments are the engine's to check, with the functions of keys.ts. */
export type StoreReader = {
  get(key: string): Awaitable<StoreRecord | undefined>
  getMany(keys: readonly string[]): Awaitable<(StoreRecord | undefined)[]>
  range(prefix: string, options: RangeOptions): Awaitable<StoreRecord[]>
  find(term: string, prefix: string, options: RangeOptions): Awaitable<StoreRecord[]>
  findBeginning(
    beginning: string,
    scopeAndCollection: string,
    options: { readonly after?: FoundPosition; readonly limit: number },
  ): Awaitable<Found[]>
  count(scopeAndCollection: string): Awaitable<number>
  counter(key: string): Awaitable<number>
  head(stream: string): Awaitable<StreamHead>
  readLog(stream: string, after: number, limit: number): Awaitable<LogEntry[]>
}

export type StoreEngine = {
  readonly clock: Clock
  /** Runs a read; what is not the caller's mistake comes out as StoreFailure. */
  read<Result>(work: (reader: StoreReader) => Awaitable<Result>): Promise<Result>
  /** Resolves when the job is durable. `bytes` is about what it weighs. */
  submit(job: Job, bytes: number): Promise<JobResult>
  watch(stream: string, listener: () => void): () => void
  close(): Promise<void>
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

/** The port over an engine. Its methods reject with RangeError for what the port forbids, before anything reaches the engine. */
export const createCheckedStore = ({ clock, read, submit, watch, close }: StoreEngine): Store => {
  const headAfter = async (stream: string, submitted: Promise<JobResult>) => {
    const { head } = await submitted
    if (head === undefined) throw new StoreFailure(`the writer did not say where ${stream} stands`)
    return head
  }

  return {
    get: (key) => read((reader) => reader.get(key)),
    getMany: (keys) => read((reader) => reader.getMany(keys)),
    range: (prefix, rangeOptions) => read((reader) => reader.range(prefix, rangeOptions)),
    find: (term, prefix, rangeOptions) => read((reader) => reader.find(term, prefix, rangeOptions)),
    findBeginning: (beginning, scopeAndCollection, options) =>
      read((reader) => reader.findBeginning(beginning, scopeAndCollection, options)),
    count: (scopeAndCollection) => read((reader) => reader.count(scopeAndCollection)),
    counter: (key) => read((reader) => reader.counter(key)),
    head: (stream) => read((reader) => reader.head(stream)),
    readLog: (stream, after, limit) => read((reader) => reader.readLog(stream, after, limit)),
    watch: (stream, listener) => {
      checkStream(stream)
      return watch(stream, listener)
    },
    commit: async (commit) => {
      const bytes = checkCommit(commit)
      const job = { kind: 'commit', commit: copiedCommit(commit), nowMs: clock.now() } as const
      const { position } = await submit(job, bytes)
      return position === undefined ? {} : { position }
    },
    trimLog: async (stream, upTo) => {
      checkStream(stream)
      checkNumber(upTo, 0, 'upTo')
      await submit({ kind: 'trimLog', stream, upTo }, 64)
    },
    raiseEpoch: async (stream, epoch) => {
      checkStream(stream)
      checkNumber(epoch, 1, 'the epoch')
      return headAfter(stream, submit({ kind: 'raiseEpoch', stream, epoch, nowMs: clock.now() }, 64))
    },
    beginCopy: async (stream, from, epoch) => {
      checkStream(stream)
      checkNumber(from, 0, 'from')
      checkNumber(epoch, 0, 'the epoch')
      await submit({ kind: 'drop', scope: stream, begin: { from, epoch } }, 64)
    },
    copyPage: async (stream, records, { after, until }) => {
      checkStream(stream)
      if (until !== undefined) checkNumber(until, 0, 'until')
      const bytes = checkPage(stream, records)
      const page = records.map(copied)
      await submit({ kind: 'copyPage', stream, records: page, progress: { after, until } }, bytes)
    },
    applyLog: async (stream, entries) => {
      checkStream(stream)
      const bytes = checkEntries(stream, entries)
      const job = { kind: 'applyLog', stream, entries: entries.map(copiedEntry) } as const
      return headAfter(stream, submit(job, bytes))
    },
    dropScope: async (scope) => {
      checkScope(scope)
      await submit({ kind: 'drop', scope }, 64)
    },
    close,
  }
}
