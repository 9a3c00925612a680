// One commit inside the writer's transaction: everything is checked first, so that a refused commit has written nothing.
import type { DatabaseSync } from 'node:sqlite'
import { addToDigest, takeFromDigest } from '../digest.ts'
import type { JobResult } from '../job.ts'
import { isStream, scopeOf } from '../keys.ts'
import type { Addition, Commit, Key, Put } from '../store.ts'
import { Conflict } from '../store.ts'
import type { Present, RecordTable } from './record-table.ts'
import { numberIn } from './rows.ts'
import type { StreamTable } from './stream-table.ts'

export type CommitRunner = (commit: Commit, nowMs: number) => JobResult

export const createCommitRunner = (
  database: DatabaseSync,
  records: RecordTable,
  streams: StreamTable,
): CommitRunner => {
  const counter = database.prepare('SELECT n FROM counters WHERE key = ?')
  const setCounter = database.prepare(
    'INSERT INTO counters (key, n) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET n = excluded.n',
  )

  /** The counters as they will be, each key once. */
  const added = (additions: readonly Addition[]): ReadonlyMap<Key, number> => {
    const sums = new Map<Key, number>()
    for (const { key, amount } of additions) {
      const row = sums.has(key) ? undefined : counter.get(key)
      const sum = (sums.get(key) ?? (row === undefined ? 0 : numberIn(row, 'n'))) + amount
      if (!Number.isSafeInteger(sum)) throw new RangeError(`the counter ${key} would overflow`)
      sums.set(key, sum)
    }
    return sums
  }

  const replaced = (put: Put): Present | undefined => {
    const current = records.present(put.key)
    if (current !== undefined && put.version <= current.version)
      throw new RangeError(
        `the version of ${put.key} must grow: it has ${current.version}, the put ${put.version}`,
      )
    return current
  }

  return ({ check = [], put = [], delete: deleted = [], add = [], stream }, nowMs) => {
    for (const { key, version } of check)
      if ((records.present(key)?.version ?? 0) !== version) throw new Conflict(key)
    if (stream !== undefined && put.length + deleted.length > 0 && streams.read(stream).copy !== undefined)
      throw new RangeError(`${stream} is being copied from another store: only its log may change it`)
    const puts = put.map((record) => ({ record, current: replaced(record) }))
    const deletes = deleted.flatMap((key) => {
      const current = records.present(key)
      return current === undefined ? [] : [{ key, current }]
    })
    const counters = added(add)

    let digest = stream === undefined ? 0n : streams.read(stream).digest
    for (const { record, current } of puts) {
      if (current?.hash !== undefined) digest = takeFromDigest(digest, current.hash)
      const hash = records.put(record, current)
      if (hash !== undefined) digest = addToDigest(digest, hash)
    }
    for (const { key, current } of deletes) {
      if (current.hash !== undefined) digest = takeFromDigest(digest, current.hash)
      records.remove(key, current)
    }
    for (const [key, sum] of counters) setCounter.run(key, sum)

    const isLogged = (key: Key): boolean => isStream(scopeOf(key))
    const loggedPuts = put.filter(({ key }) => isLogged(key))
    const loggedDeletes = deletes
      .filter(({ key }) => isLogged(key))
      .map(({ key, current }) => ({ key, version: current.version }))
    if (stream === undefined || loggedPuts.length + loggedDeletes.length === 0) return {}
    streams.change(stream).digest = digest
    return { position: streams.append(stream, nowMs, loggedPuts, loggedDeletes) }
  }
}
