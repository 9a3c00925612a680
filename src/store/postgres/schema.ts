// The tables of the PostgreSQL engine, their version, and how a database gets them.
import type { ClientBase } from 'pg'
import { StoreFailure } from '../store-errors.ts'

export const schemaVersion = 3

/**
 * Keys are compared byte by byte, hence COLLATE "C" everywhere.
 * - scopes: one row to lock for each scope that is written; `dropping` is set while the scope is being removed.
 * - records: `hash` is the record's part of the digest, kept for streams only. `terms` are joined by line feeds.
 * - terms: the index of records by what they are found by.
 * - places: each `scope/collection` with the number of its records.
 * - leader: where the node is reached that does what only one node of a Region may do; `history` is the last one that it settled (history.ts).
 * - streams: `entry_digest` is the digest that the entry at `position` carries; positions up to `trimmed` are gone for readers.
 */
const tables = `
  CREATE TABLE scopes (scope text COLLATE "C" PRIMARY KEY, dropping jsonb);
  CREATE TABLE records (
    key text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, hash bytea, terms text NOT NULL, value bytea NOT NULL
  );
  CREATE TABLE terms (term text COLLATE "C", key text COLLATE "C", PRIMARY KEY (term, key));
  CREATE TABLE places (name text COLLATE "C" PRIMARY KEY, n bigint NOT NULL);
  CREATE TABLE counters (key text COLLATE "C" PRIMARY KEY, n bigint NOT NULL);
  CREATE TABLE streams (
    stream text COLLATE "C" PRIMARY KEY, position bigint NOT NULL, epoch bigint NOT NULL, digest text NOT NULL,
    entry_digest text, trimmed bigint NOT NULL, copy jsonb
  );
  CREATE TABLE log (
    stream text COLLATE "C", position bigint NOT NULL, entry bytea NOT NULL, PRIMARY KEY (stream, position)
  );
  CREATE TABLE leader (id integer PRIMARY KEY CHECK (id = 1), origin text NOT NULL, history text);
  ALTER TABLE records ALTER COLUMN value SET STORAGE EXTERNAL;
  ALTER TABLE log ALTER COLUMN entry SET STORAGE EXTERNAL;
`

/** The oldest schema that `migrations` lead on from. Schema 1 was never released, and filed other search terms. */
const oldestMigrated = 2

/** How to get from `oldestMigrated` plus the index to the next version. A new version adds a step and never changes an old one. */
const migrations: readonly string[] = ['ALTER TABLE leader ADD COLUMN history text']

/** Any number: whoever migrates holds it, so that nodes that start together do it once. */
const migrationLock = 7_236_801

/** Every connection works in this schema, so that a database can be shared with something else. */
export const schemaName = 'twinpool'

/** Makes the tables, or brings them up to date. Rejects with StoreFailure for a database that a newer version wrote. */
export const migrate = async (client: ClientBase): Promise<void> => {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schemaName}`)
    await client.query(`SET LOCAL search_path = ${schemaName}`)
    await client.query('CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)')
    const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_version')
    const version = rows[0]?.version ?? 0
    if (version > schemaVersion)
      throw new StoreFailure(
        `the database was written by a newer version of Twinpool (schema ${version}, this one knows up to ${schemaVersion}); upgrade Twinpool to open it`,
      )
    if (version > 0 && version < oldestMigrated)
      throw new StoreFailure(
        `the database was written by a version of Twinpool from before its first release (schema ${version}, this one knows from ${oldestMigrated}); start with an empty database`,
      )
    if (version < schemaVersion) {
      const steps = version === 0 ? [tables] : migrations.slice(version - oldestMigrated)
      for (const step of steps) await client.query(step)
      await client.query('DELETE FROM schema_version')
      await client.query('INSERT INTO schema_version VALUES ($1)', [schemaVersion])
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
