// Moves a store from SQLite's file into an empty PostgreSQL database, whole or not at all.
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Client } from 'pg'
import { addToDigest, digestToHex } from '../digest.ts'
import { isStream, scopeOf } from '../keys.ts'
import { decodeLogEntry } from '../log-entry.ts'
import { databasePath, takeFolder } from '../sqlite/folder.ts'
import { bytesIn, copyIn, numberIn, type Row, shownCopy, termsIn, textIn } from '../sqlite/rows.ts'
import { StoreFailure } from '../store-errors.ts'
import { storeFailure } from './failure.ts'
import { migrate, schemaName } from './schema.ts'
import { createServers } from './servers.ts'

export type Moved = { readonly records: number; readonly streams: number; readonly logEntries: number }

const rowsPerStatement = 500
const answerTimeoutMs = 5_000

/** Sends rows in statements of bounded size; `columns` turns rows into one array for each parameter. */
const sendAll = async (
  client: Client,
  rows: Iterable<Row>,
  text: string,
  columns: (rows: readonly Row[]) => unknown[][],
): Promise<number> => {
  let waiting: Row[] = []
  let count = 0
  const send = async (): Promise<void> => {
    if (waiting.length > 0) await client.query(text, columns(waiting))
    count += waiting.length
    waiting = []
  }
  for (const row of rows) {
    waiting.push(row)
    if (waiting.length === rowsPerStatement) await send()
  }
  await send()
  return count
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const copyAll = async (source: DatabaseSync, client: Client): Promise<Moved> => {
  const all = (table: string): Iterable<Row> => source.prepare(`SELECT * FROM ${table}`).iterate()
  const records = await sendAll(
    client,
    all('records'),
    `WITH moved AS (
       INSERT INTO records (key, version, hash, terms, value)
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::text[], $5::bytea[])
     )
     INSERT INTO terms (term, key) SELECT * FROM unnest($6::text[], $7::text[])`,
    (rows) => {
      const filed = rows.flatMap((row) =>
        [...new Set(termsIn(row))].map((term) => [term, textIn(row, 'key')] as const),
      )
      return [
        rows.map((row) => textIn(row, 'key')),
        rows.map((row) => numberIn(row, 'version')),
        rows.map((row) => (row.hash === null ? null : bufferOf(bytesIn(row, 'hash')))),
        rows.map((row) => textIn(row, 'terms')),
        rows.map((row) => bufferOf(bytesIn(row, 'value'))),
        filed.map(([term]) => term),
        filed.map(([, key]) => key),
      ]
    },
  )
  await sendAll(
    client,
    all('places'),
    'INSERT INTO places (name, n) SELECT * FROM unnest($1::text[], $2::bigint[])',
    (rows) => [rows.map((row) => textIn(row, 'name')), rows.map((row) => numberIn(row, 'n'))],
  )
  await sendAll(
    client,
    all('counters'),
    'INSERT INTO counters (key, n) SELECT * FROM unnest($1::text[], $2::bigint[])',
    (rows) => [rows.map((row) => textIn(row, 'key')), rows.map((row) => numberIn(row, 'n'))],
  )
  const logEntries = await sendAll(
    client,
    source
      .prepare('SELECT l.* FROM log l JOIN streams s ON s.stream = l.stream WHERE l.position > s.trimmed')
      .iterate(),
    'INSERT INTO log (stream, position, entry) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])',
    (rows) => [
      rows.map((row) => textIn(row, 'stream')),
      rows.map((row) => numberIn(row, 'position')),
      rows.map((row) => bufferOf(bytesIn(row, 'entry'))),
    ],
  )
  const entryAt = source.prepare('SELECT entry FROM log WHERE stream = ? AND position = ?')
  const streams = await sendAll(
    client,
    all('streams'),
    `INSERT INTO streams (stream, position, epoch, digest, entry_digest, trimmed, copy)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::jsonb[])`,
    (rows) => [
      rows.map((row) => textIn(row, 'stream')),
      rows.map((row) => numberIn(row, 'position')),
      rows.map((row) => numberIn(row, 'epoch')),
      rows.map((row) => textIn(row, 'digest')),
      rows.map((row) => {
        const last = entryAt.get(textIn(row, 'stream'), numberIn(row, 'position'))
        return last === undefined ? null : decodeLogEntry(bytesIn(last, 'entry')).digest
      }),
      rows.map((row) => numberIn(row, 'trimmed')),
      rows.map((row) => {
        const copy = copyIn(row)
        // Terms that are filed later there have just been filed here.
        return copy === undefined ? null : JSON.stringify(shownCopy(copy))
      }),
    ],
  )
  return { records, streams, logEntries }
}

/** Every stream's records, as they are in the database now, against the digest that the stream carries. */
const verify = async (client: Client): Promise<void> => {
  const digests = new Map<string, bigint>()
  for (let after = ''; ; ) {
    const { rows } = await client.query<{ key: string; hash: Buffer | null }>(
      'SELECT key, hash FROM records WHERE key > $1 ORDER BY key LIMIT 10000',
      [after],
    )
    for (const { key, hash } of rows) {
      const scope = scopeOf(key)
      if (isStream(scope) && hash !== null) digests.set(scope, addToDigest(digests.get(scope) ?? 0n, hash))
    }
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.key
  }
  const { rows } = await client.query<{ stream: string; digest: string }>(
    'SELECT stream, digest FROM streams',
  )
  for (const { stream, digest } of rows)
    if (digestToHex(digests.get(stream) ?? 0n) !== digest)
      throw new StoreFailure(`the records of ${stream} that arrived are not those of its digest`)
}

/**
 * Moves the store in `folder` into the database at `url`. The folder is left as it was. Throws StoreLocked while a Region uses it, and StoreFailure
 * when there is no store, when it has removals to finish, or when the database holds records already; nothing is then in the database.
 */
export const moveToPostgres = async (folder: string, url: string, nowMs: number): Promise<Moved> => {
  if (!existsSync(databasePath(folder))) throw new StoreFailure(`there is no store in ${folder}`)
  const release = takeFolder(folder, nowMs)
  let client: Client | undefined
  let source: DatabaseSync | undefined
  try {
    source = new DatabaseSync(databasePath(folder), { readOnly: true })
    if (source.prepare('SELECT 1 FROM dropping LIMIT 1').get() !== undefined)
      throw new StoreFailure(
        'the store has removals to finish: start the Region once, stop it, and try again',
      )
    const connection = { connectionTimeoutMillis: answerTimeoutMs }
    client = await createServers({ url, connection, prepare: async () => undefined }).connect()
    await migrate(client)
    await client.query(`SET search_path = ${schemaName}`)
    await client.query('BEGIN')
    await client.query('LOCK TABLE records IN ACCESS EXCLUSIVE MODE')
    const { rows } = await client.query('SELECT 1 FROM records LIMIT 1')
    if (rows.length > 0) throw new StoreFailure('the database holds a Region’s data already')
    const moved = await copyAll(source, client)
    await verify(client)
    await client.query('COMMIT')
    await client.query('ANALYZE')
    return moved
  } catch (error) {
    await client?.query('ROLLBACK').catch(() => undefined)
    throw storeFailure(error, 'moving the store')
  } finally {
    source?.close()
    await client?.end().catch(() => undefined)
    release()
  }
}
