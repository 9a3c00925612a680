// What an operation sees of a pool's data: records in the clear, read by key, list or search, and changed by one atomic commit.
import type { Collection, Locality } from './collection.ts'

/** A record as it was read; hand it back to `replace`, `delete` or `expect`, which fail with Conflict if it has changed since. */
export type Stored<Value> = {
  /** The record's key in the store: a keyed hash, safe to hand out inside a sealed pagination token. */
  readonly key: string
  readonly version: number
  readonly value: Value
}

export type Page<Value> = {
  readonly items: readonly Stored<Value>[]
  /** Present when there may be more: hand it in as `after`. A page can be short and still have more after it. */
  readonly after?: string
}

export type PageOptions = { readonly after?: string; readonly limit: number }

/** Reads of one scope (a pool, or the Region itself). Opening anything rejects with a Fault when the pool's key can't be used. */
export type Records = {
  get<Value>(collection: Collection<Value>, naturalKey: string): Promise<Stored<Value> | undefined>
  /** All records of the collection, ordered by their hashed key. `limit` 1 to 1,000. */
  list<Value>(collection: Collection<Value>, options: PageOptions): Promise<Page<Value>>
  /** Records with a search term `name` that equals `value`, or begins with it when `match` is `prefix`. */
  find<Value>(
    collection: Collection<Value>,
    search: { readonly name: string; readonly value: string; readonly match?: 'exact' | 'prefix' },
    options: PageOptions,
  ): Promise<Page<Value>>
  count(collection: Collection<never> | Collection<unknown>): Promise<number>
}

/** One commit being put together. Nothing happens before the function that was given to `commit` has returned. */
export type Changes<Where extends Locality> = {
  /** Fails with Conflict if the key exists. */
  create<Value>(collection: Collection<Value, Where>, value: Value): void
  /** The natural key must stay the same. Fails with Conflict if the record changed since it was read. */
  replace<Value>(collection: Collection<Value, Where>, stored: Stored<Value>, value: Value): void
  delete<Value>(collection: Collection<Value, Where>, stored: Stored<Value>): void
  /** Only checks that the record is still as it was read. */
  expect<Value>(stored: Stored<Value>): void
}

/** Records that can also be changed. `Where` limits, in types and at run time, which collections. */
export type WritableRecords<Where extends Locality = Locality> = Records & {
  /** Runs `build`, seals what it changed and commits it in one go; durable when it resolves. An empty commit does nothing. */
  commit(build: (changes: Changes<Where>) => void): Promise<void>
}
