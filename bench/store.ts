// How fast the SQLite engine commits, beside what the same disk and the same SQLite can do at all, measured in the same run; and a pool of
// BENCH_USERS users (20,000 unless set): what their search terms cost, and dropping them beside another pool's commits.
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type User, users, userTerms } from '../src/directory/records/user.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../src/telemetry/clock.ts'
import { hashedKey, storeTerms } from '../src/vault/search-hash.ts'
import { percentile } from './deployment.ts'

const measureMs = 3_000
const valueBytes = 1_000
const userCount = Number(process.env.BENCH_USERS ?? 20_000)
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

const searchKey = randomBytes(32)

/** A user with every attribute that can be searched. */
const userOf = (index: number): User => ({
  username: `person-${index}`,
  usernameKey: `person-${index}`,
  sub: `${randomBytes(4).toString('hex')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
  attributes: {
    email: `first${index}.last${index}@example.com`,
    phone_number: `+1555${String(index).padStart(7, '0')}`,
    name: `First${index} Last${index}`,
    given_name: `First${index}`,
    family_name: `Last${index}`,
    preferred_username: `nick-${index}`,
  },
  status: 'CONFIRMED',
  isEnabled: true,
  createdAtMs: 0,
  modifiedAtMs: 0,
  aliases: [],
})

/** CPU µs of this process for each turn of `work`. */
const cpuEach = async (count: number, work: () => Promise<void>): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

/** What this process has had written to the disk (proc(5), io), in KiB. */
const writtenKib = (): number =>
  Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]) / 1_024

/** Users with all their search terms from 128 callers, then the drop of all of them while another pool commits. */
const measurePool = async (folder: string): Promise<void> => {
  const store = await openSqliteStore({ folder: join(folder, 'store-pool'), clock: systemClock })
  const value = new Uint8Array(valueBytes)
  const put = (stream: string, index: number) => {
    const user = userOf(index)
    const key = `${stream}/${users.name}/${hashedKey(searchKey, users.name, user.usernameKey)}`
    return { key, version: 1, value, terms: storeTerms(searchKey, users, userTerms(user)) }
  }
  const termsEach = put('pool', 0).terms.length
  const termCpu = await cpuEach(2_000, async () => {
    for (let index = 0; index < 2_000; index += 1) put('pool', index)
  })
  let made = 0
  const addUser = async (): Promise<void> => {
    for (let index = made++; index < userCount; index = made++)
      await store.commit({ stream: 'pool', put: [put('pool', index)] })
  }
  const writtenBefore = writtenKib()
  const startedAtMs = performance.now()
  const commitCpu = await cpuEach(userCount, async () => {
    await Promise.all(Array.from({ length: 128 }, addUser))
  })
  console.log(
    `${userCount} users with all ${termsEach} search terms: ${Math.round(perSecond(userCount, startedAtMs))}/s; ` +
      `CPU ${Math.round(commitCpu)} µs each, ${Math.round(termCpu)} µs of it for the terms' hashes; ` +
      `${Math.round((writtenKib() - writtenBefore) / userCount)} KiB written each`,
  )

  const times: number[] = []
  let others = 0
  const commitBeside = async (isDone: () => boolean, seconds: number): Promise<void> => {
    const endsAtMs = performance.now() + seconds * 1_000
    while (!isDone() && performance.now() < endsAtMs) {
      others += 1
      const beganAtMs = performance.now()
      await store.commit({ stream: 'other', put: [put('other', others)] })
      times.push(performance.now() - beganAtMs)
    }
  }
  const shown = (): string =>
    `p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms, slowest ${Math.max(...times).toFixed(1)} ms`
  await commitBeside(() => false, 2)
  console.log(`another pool's commits, one after another: ${shown()}`)
  times.length = 0
  let isDropped = false
  const dropStartedAtMs = performance.now()
  let droppedInMs = 0
  const dropCpu = await cpuEach(userCount, async () => {
    const dropping = store.dropScope('pool').then(() => {
      isDropped = true
      droppedInMs = performance.now() - dropStartedAtMs
    })
    await commitBeside(() => isDropped, 600)
    await dropping
  })
  console.log(
    `dropping the pool takes ${(droppedInMs / 1_000).toFixed(1)} s, ${Math.round(dropCpu)} µs of CPU a user; the other pool's commits meanwhile: ${shown()}`,
  )
  await store.close()
}

/** Measures and prints; takes about 15 seconds, and the pool's. The files lie in the system's temporary folder (TMPDIR). */
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
    await measurePool(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await benchStore()
