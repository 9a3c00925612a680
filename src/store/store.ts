// The store port: what every storage engine of a Region must do. Engines are in sqlite/ (and later postgres/).

/**
 * A key is printable ASCII of at least three segments, `scope/collection/id`, compared byte by byte.
 * `scope` is a pool ID for replicated data, `@<poolId>` for a pool's regional data, `@region` and `@kms` for a Region's own.
 */
export type Key = string

/** One record as it lies in the store. `version` grows with every change of the key; `terms` are the search terms it is found by. */
export type StoreRecord = {
  readonly key: Key
  readonly version: number
  readonly value: Uint8Array
  readonly terms: readonly string[]
}

/** A record to write. Its version must be greater than that of the record it replaces. */
export type Put = StoreRecord

/** What must still be true when the commit happens: the key has this version; 0 means it is absent. */
export type Check = { readonly key: Key; readonly version: number }

export type Addition = { readonly key: Key; readonly amount: number }

/** One atomic change. Durable when `commit` resolves; rejected whole with `Conflict` when a check fails. */
export type Commit = {
  readonly check?: readonly Check[]
  readonly put?: readonly Put[]
  readonly delete?: readonly Key[]
  /** Atomic counters; a counter that is absent is 0. Never logged, never replicated. */
  readonly add?: readonly Addition[]
  /**
   * The pool whose change log gets this commit: every put and delete whose key begins with `${stream}/` becomes one log entry.
   * A commit with keys of a stream's scope must name that stream, or it is refused (RangeError).
   */
  readonly stream?: string
}

/** A delete in the log names the version that it removed, so that replaying it over a newer record does nothing. */
export type LoggedDelete = { readonly key: Key; readonly version: number }

/** One commit as followers get it. `position` counts 1, 2, 3 … without gaps inside a stream. */
export type LogEntry = {
  readonly position: number
  readonly epoch: number
  /** When it was committed, ms since 1970, by the primary's clock. */
  readonly committedAtMs: number
  readonly puts: readonly Put[]
  readonly deletes: readonly LoggedDelete[]
  /** The stream's digest after this entry, 64 hex digits. */
  readonly digest: string
}

/** Where a stream stands in this store. A stream never written is at position 0, epoch 0, with the digest of nothing. */
export type StreamHead = {
  readonly position: number
  readonly epoch: number
  readonly digest: string
  /** Set while the stream is being copied from another store. */
  readonly copy?: CopyState
}

/** A copy that is under way: `from` is the source's position when it began, `after` the last key stored (undefined: none yet), `until` the source's position when the last page was read. */
export type CopyState = { readonly from: number; readonly after?: Key; readonly until?: number }

export type RangeOptions = { readonly after?: Key; readonly limit: number; readonly reverse?: boolean }

/** Where a search by the beginning of a term stands: a term, and the key of a record that carries it. */
export type FoundPosition = { readonly term: string; readonly key: Key }

/** A record, with the one of its terms by which it was found. */
export type Found = { readonly term: string; readonly record: StoreRecord }

/** A check failed: somebody else changed the record first. The operation runs again from its reads. */
export class Conflict extends Error {
  readonly key: Key
  constructor(key: Key) {
    super('a record changed while the operation ran')
    this.name = 'Conflict'
    this.key = key
  }
}

/** The follower's copy of a stream is not what the primary has: digest or position disagree. Nothing was applied. */
export class Divergence extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Divergence'
  }
}

/**
 * Reads see every commit that had resolved when they were called. Writes are serialised by the engine.
 * Any method may reject with the engine's own error (disk full, file damaged); nothing is then half done.
 */
export interface Store {
  get(key: Key): Promise<StoreRecord | undefined>
  /** In the order asked for; absent ones are undefined. At most 1,000 keys. */
  getMany(keys: readonly Key[]): Promise<(StoreRecord | undefined)[]>
  /** Records whose key begins with `prefix`, in key order, after `after` (exclusive). `limit` 1 to 10,000. */
  range(prefix: string, options: RangeOptions): Promise<StoreRecord[]>
  /**
   * Records that carry `term` and whose key begins with `prefix`, in key order, after `after` (exclusive). `limit` 1 to 10,000. `prefix` is
   * at least `scope/collection/`, or it is refused (RangeError): only a term that begins with `~` is found across scopes.
   */
  find(term: string, prefix: string, options: RangeOptions): Promise<StoreRecord[]>
  /**
   * Records of `scope/collection` that carry a term beginning with `beginning`, once for each such term, in the order of term and then key,
   * after `after` (exclusive). `limit` 1 to 10,000. Costs what it returns, however many more there are. A beginning in `~` is refused.
   */
  findBeginning(
    beginning: string,
    scopeAndCollection: string,
    options: { readonly after?: FoundPosition; readonly limit: number },
  ): Promise<Found[]>
  /** How many records there are in `scope/collection`. Kept up to date by the engine, not counted at each call. */
  count(scopeAndCollection: string): Promise<number>
  counter(key: Key): Promise<number>
  commit(commit: Commit): Promise<{ readonly position?: number }>

  head(stream: string): Promise<StreamHead>
  /** Entries after position `after`, oldest first. If entries after `after` were trimmed away, rejects with RangeError. `limit` 1 to 10,000; stops early at 8 MiB. */
  readLog(stream: string, after: number, limit: number): Promise<LogEntry[]>
  /** Calls `listener` after each commit that was added to the stream's log. Returns the function that ends it. */
  watch(stream: string, listener: () => void): () => void
  /** Drops log entries at or before `upTo`. */
  trimLog(stream: string, upTo: number): Promise<void>
  /** Raises the stream's epoch (for promotion): the new epoch must be greater. Logged as an empty entry. */
  raiseEpoch(stream: string, epoch: number): Promise<StreamHead>

  /** Follower: begins (or restarts from nothing) a copy: drops what the stream has, remembers `from` and the source's epoch. */
  beginCopy(stream: string, from: number, epoch: number): Promise<void>
  /**
   * Follower: stores one page of a copy and how far it got, in one commit. A record already stored with a higher version stays. Until the page
   * with `until` is stored, `find` and `findBeginning` may not show the stream's records.
   */
  copyPage(
    stream: string,
    records: readonly StoreRecord[],
    progress: { readonly after?: Key; readonly until?: number },
  ): Promise<void>
  /**
   * Follower: applies entries, each atomically with its position, and appends them to its own log under the same positions.
   * Entries at or before the head are passed over; a gap is a Divergence. While a copy is under way records are guarded by version and
   * the digest is compared only from `copy.until` on, where the copy ends (head.copy becomes undefined); after that every digest is compared.
   */
  applyLog(stream: string, entries: readonly LogEntry[]): Promise<StreamHead>
  /** Drops everything under `${scope}/`, its log and its head, in bounded steps. */
  dropScope(scope: string): Promise<void>

  close(): Promise<void>
}
