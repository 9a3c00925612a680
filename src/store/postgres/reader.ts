// The reading side of the PostgreSQL engine: each read is one statement, so that it sees one state of the database.
import type { QueryConfig, QueryResult, QueryResultRow } from 'pg'
import type { StoreReader } from '../checked-store.ts'
import { emptyDigest } from '../digest.ts'
import {
  beginningBounds,
  checkKey,
  checkLimit,
  checkNumber,
  checkPlace,
  checkStream,
  findBounds,
  getManyMax,
  prefixBounds,
  rangeBounds,
} from '../keys.ts'
import { decodeLogEntry } from '../log-entry.ts'
import { type RecordRow, recordIn, type StreamRow, streamIn } from './rows.ts'
import { headOf } from './run-job.ts'

/** readLog stops once it holds this much, but always returns one entry. */
const logBytesMax = 8 * 1024 * 1024

export type Query = <Row extends QueryResultRow>(config: QueryConfig) => Promise<QueryResult<Row>>

const columns = 'r.key, r.version, r.terms, r.value'
const order = { up: 'ASC', down: 'DESC' } as const

export const createReader = (query: Query): StoreReader => {
  const getAll = async (keys: readonly string[]) => {
    const { rows } = await query<RecordRow>({
      name: 'get',
      text: `SELECT ${columns} FROM records r WHERE r.key = ANY($1)`,
      values: [keys],
    })
    return new Map(rows.map((row) => [row.key, recordIn(row)]))
  }

  return {
    get: async (key) => {
      checkKey(key)
      return (await getAll([key])).get(key)
    },
    getMany: async (keys) => {
      if (keys.length > getManyMax) throw new RangeError(`getMany takes at most ${getManyMax} keys`)
      for (const key of keys) checkKey(key)
      const found = await getAll(keys)
      return keys.map((key) => found.get(key))
    },
    range: async (prefix, options) => {
      const [from, to] = rangeBounds(prefix, options)
      const direction = options.reverse === true ? 'down' : 'up'
      const { rows } = await query<RecordRow>({
        name: `range-${direction}`,
        text: `SELECT ${columns} FROM records r WHERE r.key >= $1 AND r.key < $2 ORDER BY r.key ${order[direction]} LIMIT $3`,
        values: [from, to, options.limit],
      })
      return rows.map(recordIn)
    },
    find: async (term, prefix, options) => {
      const [from, to] = findBounds(term, prefix, options)
      const direction = options.reverse === true ? 'down' : 'up'
      const { rows } = await query<RecordRow>({
        name: `find-${direction}`,
        text: `SELECT ${columns} FROM terms t JOIN records r ON r.key = t.key
          WHERE t.term = $1 AND t.key >= $2 AND t.key < $3 ORDER BY t.key ${order[direction]} LIMIT $4`,
        values: [term, from, to, options.limit],
      })
      return rows.map(recordIn)
    },
    findBeginning: async (beginning, scopeAndCollection, options) => {
      const { after, end } = beginningBounds(beginning, scopeAndCollection, options)
      const [from, to] = prefixBounds(`${scopeAndCollection}/`)
      const { rows } = await query<RecordRow & { term: string }>({
        name: 'find-beginning',
        text: `SELECT t.term, ${columns} FROM terms t JOIN records r ON r.key = t.key
          WHERE (t.term, t.key) > ($1, $2) AND t.term < $3 AND t.key >= $4 AND t.key < $5 ORDER BY t.term, t.key LIMIT $6`,
        values: [after.term, after.key, end, from, to, options.limit],
      })
      return rows.map((row) => ({ term: row.term, record: recordIn(row) }))
    },
    count: async (scopeAndCollection) => {
      checkPlace(scopeAndCollection)
      const { rows } = await query<{ n: string }>({
        name: 'count',
        text: 'SELECT n FROM places WHERE name = $1',
        values: [scopeAndCollection],
      })
      return Number(rows[0]?.n ?? 0)
    },
    counter: async (key) => {
      checkKey(key)
      const { rows } = await query<{ n: string }>({
        name: 'counter',
        text: 'SELECT n FROM counters WHERE key = $1',
        values: [key],
      })
      return Number(rows[0]?.n ?? 0)
    },
    head: async (stream) => {
      checkStream(stream)
      const { rows } = await query<StreamRow>({
        name: 'head',
        text: 'SELECT stream, position, epoch, digest, entry_digest, trimmed, copy FROM streams WHERE stream = $1',
        values: [stream],
      })
      const [row] = rows
      return row === undefined ? { position: 0, epoch: 0, digest: emptyDigest } : headOf(streamIn(row))
    },
    readLog: async (stream, after, limit) => {
      checkStream(stream)
      checkNumber(after, 0, 'after')
      checkLimit(limit)
      const { rows } = await query<{ trimmed: string; position: string | null; entry: Buffer | null }>({
        name: 'read-log',
        text: `SELECT s.trimmed, l.position, l.entry FROM streams s LEFT JOIN LATERAL (
            SELECT position, entry FROM (
              SELECT position, entry, sum(octet_length(entry)) OVER (ORDER BY position) AS bytes
              FROM (SELECT position, entry FROM log WHERE stream = s.stream AND position > $2 ORDER BY position LIMIT $3) page
            ) counted WHERE bytes <= $4 OR position = $2 + 1
          ) l ON true WHERE s.stream = $1 ORDER BY l.position`,
        values: [stream, after, limit, logBytesMax],
      })
      const [first] = rows
      if (first === undefined) return []
      const isGap = first.position !== null && Number(first.position) !== after + 1
      if (after < Number(first.trimmed) || isGap)
        throw new RangeError(`the log of ${stream} after ${after} was trimmed away`)
      return rows.flatMap(({ entry }) => (entry === null ? [] : [decodeLogEntry(entry)]))
    },
  }
}
