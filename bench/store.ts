// How fast the SQLite engine commits, beside what the same disk and the same SQLite can do at all, measured in the same run.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../src/telemetry/clock.ts'

const measureMs = 3_000
const valueBytes = 1_000
const concurrencies = [1, 64, 512] as const

const perSecond = (count: number, startedAtMs: number): number =>
  (count * 1_000) / (performance.now() - startedAtMs)

/** The limit of a store that flushes each commit by itself: append one page, flush, again. */
const measureFsync = (folder: string): number => {
  const file = openSync(join(folder, 'fsync'), 'w')
  const page = Buffer.alloc(4_096, 1)
  const startedAtMs = performance.now()
  let count = 0
  for (; performance.now() - startedAtMs < measureMs; count += 1) {
    writeSync(file, page)
    fsyncSync(file)
  }
  const rate = perSecond(count, startedAtMs)
  closeSync(file)
  return rate
}

/** The limit of one thread with this SQLite: the bare row of a record, in transactions of 512, flushed each. */
const measureInserts = (folder: string): number => {
  const database = new DatabaseSync(join(folder, 'raw.sqlite'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec(
    'CREATE TABLE records (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL)',
  )
  const insert = database.prepare('INSERT INTO records (key, value) VALUES (?, ?)')
  const value = new Uint8Array(valueBytes)
  const startedAtMs = performance.now()
  let count = 0
  while (performance.now() - startedAtMs < measureMs) {
    database.exec('BEGIN')
    for (let n = 0; n < 512; n += 1, count += 1) insert.run(`pool/users/${count}`, value)
    database.exec('COMMIT')
  }
  const rate = perSecond(count, startedAtMs)
  database.close()
  return rate
}

/** Durable commits of one record with three terms and a log entry, by so many callers that each wait for their last one. */
const measureCommits = async (folder: string, concurrency: number): Promise<number> => {
  const store = await openSqliteStore({ folder: join(folder, `store-${concurrency}`), clock: systemClock })
  const value = new Uint8Array(valueBytes)
  const startedAtMs = performance.now()
  let count = 0
  const commitOn = async (caller: number): Promise<void> => {
    for (let n = 0; performance.now() - startedAtMs < measureMs; n += 1) {
      const put = [
        { key: `pool/users/${caller}-${n}`, version: 1, value, terms: ['a', `b${n}`, `c${caller}`] },
      ]
      await store.commit({ stream: 'pool', put })
      count += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, caller) => commitOn(caller)))
  const rate = perSecond(count, startedAtMs)
  await store.close()
  return rate
}

/** Measures and prints; takes about 15 seconds. The files lie in the system's temporary folder (TMPDIR). */
export const benchStore = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-bench-store-'))
  try {
    const flushes = measureFsync(folder)
    const inserts = measureInserts(folder)
    const rows = []
    for (const concurrency of concurrencies) {
      const commits = await measureCommits(folder, concurrency)
      rows.push({
        'concurrent callers': concurrency,
        'commits/s': Math.round(commits),
        'commits per disk flush/s': Number((commits / flushes).toFixed(2)),
        'commits per raw insert/s': Number((commits / inserts).toFixed(2)),
      })
    }
    console.log(
      `disk flushes/s: ${Math.round(flushes)}; raw SQLite inserts/s, 512 a flush: ${Math.round(inserts)}`,
    )
    console.table(rows)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await benchStore()
