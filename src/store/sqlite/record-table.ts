// Writing records: the row, its terms and the number of records of its place, kept in step.
import type { DatabaseSync } from 'node:sqlite'
import { recordHash } from '../digest.ts'
import { isStream, placeOf, scopeOf } from '../keys.ts'
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
  const insertTerm = database.prepare('INSERT OR IGNORE INTO terms (term, place, rest) VALUES (?, ?, ?)')
  const removeTerm = database.prepare('DELETE FROM terms WHERE term = ? AND place = ? AND rest = ?')
  const someOfScope = database.prepare('SELECT key FROM records WHERE key >= ? AND key < ? LIMIT ?')
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
    for (const term of had) if (!kept.has(term)) removeTerm.run(term, place, rest)
    for (const term of kept) if (!had.has(term)) insertTerm.run(term, place, rest)
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
    /** Removes up to `limit` records whose keys lie between the bounds; returns how many it removed. */
    removeSome: (from: string, to: string, limit: number): number => {
      const keys = someOfScope.all(from, to, limit).map((row) => textIn(row, 'key'))
      for (const key of keys) {
        const current = present(key)
        if (current !== undefined) removeRecord(key, current)
      }
      return keys.length
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
