// Reads: prepared statements on a connection of the calling thread, each run to its end before anything else happens.
import type { DatabaseSync } from 'node:sqlite'
import { emptyDigest } from '../digest.ts'
import {
  checkKey,
  checkLimit,
  checkNumber,
  checkStream,
  getManyMax,
  placeOf,
  rangeBounds,
  termLengthMax,
} from '../keys.ts'
import { decodeLogEntry } from '../log-entry.ts'
import type { Key, LogEntry, RangeOptions, StoreRecord, StreamHead } from '../store.ts'
import { bytesIn, copyIn, numberIn, recordIn, textIn } from './rows.ts'

/** readLog stops once it holds this much, but always returns one entry. */
const logBytesMax = 8 * 1024 * 1024

const columns = 'key, version, terms, value'
const ranged = (order: 'ASC' | 'DESC'): string =>
  `SELECT ${columns} FROM records WHERE key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`
/** All within one place: the index has the order. */
const foundInPlace = (order: 'ASC' | 'DESC'): string =>
  `SELECT r.key, r.version, r.terms, r.value FROM terms t CROSS JOIN records r ON r.key = ? || '/' || t.rest
   WHERE t.term = ? AND t.place = ? AND t.rest >= ? AND t.rest < ? ORDER BY t.rest ${order} LIMIT ?`
/** Across places: what carries the term is sorted by its whole key, so this is for terms that few records share. */
const foundAnywhere = (order: 'ASC' | 'DESC'): string =>
  `SELECT r.key, r.version, r.terms, r.value
   FROM (SELECT p.name || '/' || t.rest AS found FROM terms t CROSS JOIN places p ON p.id = t.place WHERE t.term = ?) f
   CROSS JOIN records r ON r.key = f.found
   WHERE f.found >= ? AND f.found < ? ORDER BY f.found ${order} LIMIT ?`

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
  const anywhere = {
    up: database.prepare(foundAnywhere('ASC')),
    down: database.prepare(foundAnywhere('DESC')),
  }

  const get = (key: Key): StoreRecord | undefined => {
    checkKey(key)
    const row = oneRecord.get(key)
    return row === undefined ? undefined : recordIn(row)
  }

  /** Bounds of the last part of the keys of one place, or undefined when `prefix` does not name a whole place. */
  const placeBounds = (prefix: string, from: string, to: string) => {
    const secondSlash = prefix.indexOf('/', prefix.indexOf('/') + 1)
    if (!prefix.includes('/') || secondSlash === -1) return undefined
    const name = prefix.slice(0, secondSlash)
    // `after` may lie before the place (nothing to skip) or behind it (nothing left); rangeBounds has already taken the narrower bound.
    const inside = (bound: string): string | undefined =>
      bound.startsWith(`${name}/`) ? bound.slice(name.length + 1) : undefined
    return { name, from: inside(from), to: inside(to) }
  }

  const find = (term: string, prefix: string, options: RangeOptions): StoreRecord[] => {
    if (term === '' || term.length > termLengthMax)
      throw new RangeError(`a term has 1 to ${termLengthMax} characters`)
    const [from, to] = rangeBounds(prefix, options)
    const direction = options.reverse === true ? 'down' : 'up'
    if (from >= to) return []
    const bounds = placeBounds(prefix, from, to)
    if (bounds?.from === undefined || bounds.to === undefined)
      return anywhere[direction].all(term, from, to, options.limit).map(recordIn)
    const known = place.get(bounds.name)
    if (known === undefined) return []
    return inPlace[direction]
      .all(bounds.name, term, numberIn(known, 'id'), bounds.from, bounds.to, options.limit)
      .map(recordIn)
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
    count: (scopeAndCollection: string): number => {
      if (placeOf(`${scopeAndCollection}/x`) !== scopeAndCollection)
        throw new RangeError('count takes scope/collection')
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
      return copy === undefined ? head : { ...head, copy }
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
