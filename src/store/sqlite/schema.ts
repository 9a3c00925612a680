// The database file: its tables, their version, and how connections to it are set up.
import { DatabaseSync } from 'node:sqlite'
import { StoreFailure } from '../store-errors.ts'

export const schemaVersion = 2

/**
 * - records: `hash` is the record's digest part, kept for streams only, so that replacing a record needn't read its old value. `terms` are joined
 *   by line feeds. `value` comes last, so that reading the rest of a row stays off its overflow pages.
 * - places: each `scope/collection` once, with the number of its records.
 * - terms: `rest` is what follows the place in the record's key. A place's terms lie together, so that a search within it is one stretch of the
 *   index, and dropping it takes whole pages away. Region-wide terms are in no place, which is 0, with the whole key.
 * - log: `entry` as in log-entry.ts. Positions up to streams.trimmed are gone for readers, up to streams.swept from the disk.
 * - dropping: scopes whose removal has begun; it goes on when the store is opened again.
 */
const tables = `
  CREATE TABLE records (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, hash BLOB, terms TEXT NOT NULL, value BLOB NOT NULL
  ) STRICT;
  CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n INTEGER NOT NULL) STRICT;
  CREATE TABLE terms (
    place INTEGER NOT NULL, term TEXT NOT NULL, rest TEXT NOT NULL, PRIMARY KEY (place, term, rest)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (key TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE streams (
    stream TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL, epoch INTEGER NOT NULL, digest TEXT NOT NULL,
    trimmed INTEGER NOT NULL, swept INTEGER NOT NULL, copy TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log (
    stream TEXT NOT NULL, position INTEGER NOT NULL, entry BLOB NOT NULL, UNIQUE (stream, position)
  ) STRICT;
  CREATE TABLE dropping (scope TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
`

/** The oldest schema that `migrations` lead on from. Schema 1 was never released, and filed other search terms. */
const oldestMigrated = 2

/** How to get from `oldestMigrated` plus the index to the next version. A new version adds a step and never changes an old one. */
const migrations: readonly string[] = []

/** Whether this version opens a file of that schema, which it may bring up to date. */
export const isOpenable = (version: number): boolean => version >= oldestMigrated && version <= schemaVersion

const readerCacheKib = 16 * 1024
/** What isn't in it is in the operating system's cache: writing 60,000 users takes the same CPU time with 8, 16 or 32 MiB. */
const writerCacheKib = 8 * 1024
/**
 * The write-ahead log is moved into the database file whenever it has about this many pages (of 4 KiB), and the commit that does it waits. With
 * four times as many the slowest commit of a quiet store took 40 to 45 ms instead of 5 to 11; CPU time did not differ beyond the noise.
 */
const checkpointPages = 2_000
const walKeptBytes = 64 * 1024 * 1024

const versionOf = (database: DatabaseSync): number => {
  const row = database.prepare('PRAGMA user_version').get()
  return Number(row?.user_version)
}

const step = (database: DatabaseSync, statements: string, version: number): void => {
  database.exec('BEGIN IMMEDIATE')
  database.exec(`${statements}; PRAGMA user_version = ${version}`)
  database.exec('COMMIT')
}

const migrate = (database: DatabaseSync, path: string): void => {
  const version = versionOf(database)
  if (version > schemaVersion)
    throw new StoreFailure(
      `${path} was written by a newer version of Twinpool (schema ${version}, this one knows up to ${schemaVersion}); upgrade Twinpool to open it`,
    )
  if (version === 0) {
    step(database, tables, schemaVersion)
    return
  }
  if (version < oldestMigrated)
    throw new StoreFailure(
      `${path} was written by a version of Twinpool from before its first release (schema ${version}, this one knows from ${oldestMigrated}); start with an empty data folder`,
    )
  for (const [index, statements] of migrations.slice(version - oldestMigrated).entries())
    step(database, statements, version + index + 1)
}

/** The one connection that writes. `sizeMaxBytes` bounds the database file. */
export const openWriter = (path: string, sizeMaxBytes: number | undefined): DatabaseSync => {
  const database = new DatabaseSync(path, { timeout: 5_000 })
  try {
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec(`PRAGMA cache_size = -${writerCacheKib}`)
    database.exec('PRAGMA cell_size_check = ON')
    database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
    database.exec(`PRAGMA journal_size_limit = ${walKeptBytes}`)
    migrate(database, path)
    if (sizeMaxBytes !== undefined)
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(sizeMaxBytes / 4_096))}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** A connection that only reads. The writer must have been opened before. */
export const openReader = (path: string): DatabaseSync => {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  database.exec(`PRAGMA cache_size = -${readerCacheKib}`)
  database.exec('PRAGMA cell_size_check = ON')
  return database
}
