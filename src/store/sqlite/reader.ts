// Reads: prepared statements on a connection of the calling thread, each run to its end before anything else happens.
import type { DatabaseSync } from 'node:sqlite'
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
  isRegionWide,
  placeIn,
  rangeBounds,
} from '../keys.ts'
import { decodeLogEntry } from '../log-entry.ts'
import type { Key, LogEntry, RangeOptions, StoreRecord, StreamHead } from '../store.ts'
import { noPlace } from './record-table.ts'
import { bytesIn, copyIn, numberIn, recordIn, shownCopy, textIn } from './rows.ts'

/** readLog stops once it holds this much, but always returns one entry. */
const logBytesMax = 8 * 1024 * 1024

const columns = 'key, version, terms, value'
const ranged = (order: 'ASC' | 'DESC'): string =>
  `SELECT ${columns} FROM records WHERE key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`
const foundInPlace = (order: 'ASC' | 'DESC'): string =>
  `SELECT r.key, r.version, r.terms, r.value FROM terms t CROSS JOIN records r ON r.key = ? || t.rest
   WHERE t.place = ? AND t.term = ? AND t.rest >= ? AND t.rest < ? ORDER BY t.rest ${order} LIMIT ?`
const foundByBeginning = `SELECT t.term, r.key, r.version, r.terms, r.value FROM terms t CROSS JOIN records r ON r.key = ? || t.rest
   WHERE t.place = ? AND (t.term, t.rest) > (?, ?) AND t.term < ? ORDER BY t.term, t.rest LIMIT ?`

export type Reader = ReturnType<typeof createReader>

export const createReader = (database: DatabaseSync) => {
  const oneRecord = database.prepare(`SELECT ${columns} FROM records WHERE key = ?`)
  const place = database.prepare('SELECT id, n FROM places WHERE name = ?')
  const counter = database.prepare('SELECT n FROM counters WHERE key = ?')
  const stream = database.prepare('SELECT * FROM streams WHERE stream = ?')
  const log = database.prepare(
    'SELECT position, entry FROM log WHERE stream = ? AND position > ? ORDER BY position LIMIT ?',
  )
  const range = { up: database.prepare(ranged('ASC')), down: database.prepare(ranged('DESC')) }
  const inPlace = { up: database.prepare(foundInPlace('ASC')), down: database.prepare(foundInPlace('DESC')) }
  const byBeginning = database.prepare(foundByBeginning)

  const get = (key: Key): StoreRecord | undefined => {
    checkKey(key)
    const row = oneRecord.get(key)
    return row === undefined ? undefined : recordIn(row)
  }

  const placeId = (name: string): number | undefined => {
    const row = place.get(name)
    return row === undefined ? undefined : numberIn(row, 'id')
  }

  const find = (term: string, prefix: string, options: RangeOptions): StoreRecord[] => {
    const [from, to] = findBounds(term, prefix, options)
    if (from >= to) return []
    const direction = inPlace[options.reverse === true ? 'down' : 'up']
    if (isRegionWide(term)) return direction.all('', noPlace, term, from, to, options.limit).map(recordIn)
    const name = placeIn(prefix) ?? ''
    const start = `${name}/`
    // 'after' may lie outside the place: rangeBounds has then narrowed the other bound, or left nothing.
    if (!from.startsWith(start) || !to.startsWith(start)) return []
    const id = placeId(name)
    if (id === undefined) return []
    return direction
      .all(start, id, term, from.slice(start.length), to.slice(start.length), options.limit)
      .map(recordIn)
  }

  const findBeginning: StoreReader['findBeginning'] = (beginning, name, options) => {
    const { after, end } = beginningBounds(beginning, name, options)
    const id = placeId(name)
    if (id === undefined) return []
    const start = `${name}/`
    return byBeginning
      .all(start, id, after.term, after.key.slice(start.length), end, options.limit)
      .map((row) => ({ term: textIn(row, 'term'), record: recordIn(row) }))
  }

  return {
    get,
    getMany: (keys: readonly Key[]): (StoreRecord | undefined)[] => {
      if (keys.length > getManyMax) throw new RangeError(`getMany takes at most ${getManyMax} keys`)
      return keys.map(get)
    },
    range: (prefix: string, options: RangeOptions): StoreRecord[] => {
      const [from, to] = rangeBounds(prefix, options)
      return range[options.reverse === true ? 'down' : 'up'].all(from, to, options.limit).map(recordIn)
    },
    find,
    findBeginning,
    count: (scopeAndCollection: string): number => {
      checkPlace(scopeAndCollection)
      const row = place.get(scopeAndCollection)
      return row === undefined ? 0 : numberIn(row, 'n')
    },
    counter: (key: Key): number => {
      checkKey(key)
      const row = counter.get(key)
      return row === undefined ? 0 : numberIn(row, 'n')
    },
    head: (name: string): StreamHead => {
      checkStream(name)
      const row = stream.get(name)
      if (row === undefined) return { position: 0, epoch: 0, digest: emptyDigest }
      const head = {
        position: numberIn(row, 'position'),
        epoch: numberIn(row, 'epoch'),
        digest: textIn(row, 'digest'),
      }
      const copy = copyIn(row)
      return copy === undefined ? head : { ...head, copy: shownCopy(copy) }
    },
    readLog: (name: string, after: number, limit: number): LogEntry[] => {
      checkStream(name)
      checkNumber(after, 0, 'after')
      checkLimit(limit)
      const row = stream.get(name)
      if (row === undefined) return []
      const gone = (): RangeError => new RangeError(`the log of ${name} after ${after} was trimmed away`)
      if (after < numberIn(row, 'trimmed')) throw gone()
      const entries: LogEntry[] = []
      let bytes = 0
      for (const found of log.iterate(name, after, limit)) {
        // The writer may have trimmed between the two statements.
        if (entries.length === 0 && numberIn(found, 'position') !== after + 1) throw gone()
        const entry = bytesIn(found, 'entry')
        bytes += entry.byteLength
        if (bytes > logBytesMax && entries.length > 0) break
        entries.push(decodeLogEntry(entry))
      }
      return entries
    },
  }
}
