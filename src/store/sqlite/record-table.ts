// Writing records: the row, its terms and the number of records of its place, kept in step.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { recordHash } from '../digest.ts'
import { isRegionWide, isStream, placeOf, scopeOf } from '../keys.ts'
import type { Key, StoreRecord } from '../store.ts'
import { bytesIn, numberIn, termsIn, textIn } from './rows.ts'

/** What is known of a record that is there, without reading its value. */
export type Present = {
  readonly id: number
  readonly version: number
  /** Its part of the digest; undefined outside streams. */
  readonly hash: Uint8Array | undefined
  readonly terms: readonly string[]
}

/** Records whose terms are yet to be filed. Region-wide terms are not among them. */
export type Unfiled = {
  readonly records: readonly {
    readonly place: number
    readonly rest: string
    readonly terms: readonly string[]
  }[]
  readonly readTo: Key
  readonly isLast: boolean
}

/** Where region-wide terms are filed, by the whole key. */
export const noPlace = 0

/** Place numbers are looked up at every write of a record; this many are remembered. */
const placesRememberedMax = 10_000

export type RecordTable = ReturnType<typeof createRecordTable>

export const createRecordTable = (database: DatabaseSync) => {
  const select = database.prepare('SELECT id, version, hash, terms FROM records WHERE key = ?')
  const insert = database.prepare(
    'INSERT INTO records (key, version, hash, terms, value) VALUES (?, ?, ?, ?, ?)',
  )
  const update = database.prepare(
    'UPDATE records SET version = ?, hash = ?, terms = ?, value = ? WHERE id = ?',
  )
  const remove = database.prepare('DELETE FROM records WHERE id = ?')
  const selectPlace = database.prepare('SELECT id FROM places WHERE name = ?')
  const insertPlace = database.prepare('INSERT INTO places (name, n) VALUES (?, 0) RETURNING id')
  const countPlace = database.prepare('UPDATE places SET n = n + ? WHERE id = ?')
  const insertTerm = database.prepare('INSERT OR IGNORE INTO terms (place, term, rest) VALUES (?, ?, ?)')
  const removeTerm = database.prepare('DELETE FROM terms WHERE place = ? AND term = ? AND rest = ?')
  const anyBetween = database.prepare('SELECT 1 FROM records WHERE key > ? AND key <= ? LIMIT 1')
  const termsBetween = database.prepare(
    'SELECT key, terms FROM records WHERE key > ? AND key <= ? ORDER BY key LIMIT ?',
  )
  const removeSomeRecords = database.prepare(
    'DELETE FROM records WHERE id IN (SELECT id FROM records WHERE key >= ? AND key < ? ORDER BY key LIMIT ?) RETURNING key, terms',
  )
  const placesBetween = database.prepare('SELECT id FROM places WHERE name >= ? AND name < ?')
  const nthTerm = database.prepare(
    'SELECT term, rest FROM terms WHERE place = ? ORDER BY term, rest LIMIT 1 OFFSET ?',
  )
  const removeTermsBefore = database.prepare('DELETE FROM terms WHERE place = ? AND (term, rest) < (?, ?)')
  const removeTermsOfPlace = database.prepare('DELETE FROM terms WHERE place = ?')
  const removePlaces = database.prepare('DELETE FROM places WHERE name >= ? AND name < ?')
  const places = new Map<string, number>()

  const placeId = (name: string): number => {
    const known = places.get(name)
    if (known !== undefined) return known
    const row = selectPlace.get(name) ?? insertPlace.get(name)
    const id = row === undefined ? Number.NaN : numberIn(row, 'id')
    if (places.size >= placesRememberedMax) places.clear()
    places.set(name, id)
    return id
  }

  const fileTerms = (key: Key, before: readonly string[], after: readonly string[]): void => {
    if (before.length === after.length && before.every((term, index) => term === after[index])) return
    const name = placeOf(key)
    const place = placeId(name)
    const rest = key.slice(name.length + 1)
    const kept = new Set(after)
    const had = new Set(before)
    const file = (statement: StatementSync, term: string): void => {
      if (isRegionWide(term)) statement.run(noPlace, term, key)
      else statement.run(place, term, rest)
    }
    for (const term of had) if (!kept.has(term)) file(removeTerm, term)
    for (const term of kept) if (!had.has(term)) file(insertTerm, term)
  }

  const present = (key: Key): Present | undefined => {
    const row = select.get(key)
    if (row === undefined) return undefined
    const hash = row.hash === null ? undefined : bytesIn(row, 'hash')
    return { id: numberIn(row, 'id'), version: numberIn(row, 'version'), hash, terms: termsIn(row) }
  }

  const removeRecord = (key: Key, current: Present): void => {
    remove.run(current.id)
    fileTerms(key, current.terms, [])
    countPlace.run(-1, placeId(placeOf(key)))
  }

  return {
    present,
    /** Writes `record` over `current`, which is what `present` said of its key; returns its part of the digest. */
    put: (record: StoreRecord, current: Present | undefined): Uint8Array | undefined => {
      const { key, version, value, terms } = record
      const hash = isStream(scopeOf(key)) ? recordHash(record) : undefined
      const joined = terms.join('\n')
      if (current === undefined) {
        insert.run(key, version, hash ?? null, joined, value)
        countPlace.run(1, placeId(placeOf(key)))
      } else {
        update.run(version, hash ?? null, joined, value, current.id)
      }
      fileTerms(key, current?.terms ?? [], terms)
      return hash
    },
    remove: removeRecord,
    isEmptyBetween: (after: Key, upTo: Key): boolean => anyBetween.get(after, upTo) === undefined,
    /** Inserts records of a stream of which none is there, without their terms but the region-wide ones; returns their parts of the digest. */
    insertUnfiled: (page: readonly StoreRecord[]): readonly Uint8Array[] => {
      const counts = new Map<string, number>()
      const hashes = page.map((record) => {
        const { key, version, value, terms } = record
        const hash = recordHash(record)
        insert.run(key, version, hash, terms.join('\n'), value)
        const name = placeOf(key)
        counts.set(name, (counts.get(name) ?? 0) + 1)
        for (const term of terms) if (isRegionWide(term)) insertTerm.run(noPlace, term, key)
        return hash
      })
      for (const [name, count] of counts) countPlace.run(count, placeId(name))
      return hashes
    },
    /** Of records after `after`, up to and with `upTo`: the terms of the first `limit`. */
    termsBetween: (after: Key, upTo: Key, limit: number): Unfiled => {
      const rows = termsBetween.all(after, upTo, limit)
      const found = rows.map((row) => {
        const key = textIn(row, 'key')
        const name = placeOf(key)
        const terms = termsIn(row).filter((term) => !isRegionWide(term))
        return { place: placeId(name), rest: key.slice(name.length + 1), terms }
      })
      const last = rows.at(-1)
      return {
        records: found,
        readTo: last === undefined ? after : textIn(last, 'key'),
        isLast: rows.length < limit,
      }
    },
    /** Files one term; does nothing if it is filed already. */
    fileTerm: (place: number, term: string, rest: string): void => {
      insertTerm.run(place, term, rest)
    },
    /**
     * For a whole scope, whose keys lie between the bounds: removes up to `limit` terms, the region-wide ones aside; true when none are left.
     * It goes along the index, which is many times faster than record by record.
     */
    removeSomeTerms: (from: string, to: string, limit: number): boolean => {
      for (const row of placesBetween.all(from, to)) {
        const place = numberIn(row, 'id')
        const bound = nthTerm.get(place, limit)
        const { changes } =
          bound === undefined
            ? removeTermsOfPlace.run(place)
            : removeTermsBefore.run(place, textIn(bound, 'term'), textIn(bound, 'rest'))
        if (Number(changes) > 0) return false
      }
      return true
    },
    /** After that: removes up to `limit` records with their region-wide terms; true when none are left. */
    removeSomeRecords: (from: string, to: string, limit: number): boolean => {
      const removed = removeSomeRecords.all(from, to, limit)
      for (const row of removed)
        for (const term of termsIn(row))
          if (isRegionWide(term)) removeTerm.run(noPlace, term, textIn(row, 'key'))
      return removed.length === 0
    },
    /** Forgets the places between the bounds, once their records are gone. */
    removePlaces: (from: string, to: string): void => {
      removePlaces.run(from, to)
      places.clear()
    },
    /** After a rollback what was remembered may not be true. */
    forget: (): void => places.clear(),
  }
}
