// The SQLite engine: the store's contract, and what is this engine's own: its folder, lock, file versions, limits and failures.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { digestOf, emptyDigest } from '../../src/store/digest.ts'
import type { SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { StoreBusy, StoreFailure, StoreLocked } from '../../src/store/store-errors.ts'
import { allRecords, keysOf, record } from './records.ts'
import { contractNowMs, storeContract } from './store-contract.ts'

const clock = { now: () => contractNowMs }
const root = mkdtempSync(join(tmpdir(), 'twinpool-store-'))
let folders = 0
const newFolder = (): string => {
  folders += 1
  return join(root, String(folders))
}
afterAll(() => rmSync(root, { recursive: true, force: true }))

const open = (folder: string, options: Partial<SqliteStoreOptions> = {}) =>
  openSqliteStore({ folder, clock, ...options })

storeContract('the SQLite engine', () => open(newFolder()))

const openerPath = new URL('./open-store.ts', import.meta.url).pathname

/** Starts a process that opens the store in `folder`, prints `open` or the error, and stays until it is killed. */
const startOpener = (folder: string, identity: { uid?: number; gid?: number } = {}) => {
  const child = spawn(process.execPath, [openerPath, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...identity,
  })
  const said = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the opener ended with ${code} before it said anything`)))
  })
  const kill = async (): Promise<void> => {
    const exited = once(child, 'exit')
    if (child.kill('SIGKILL')) await exited
  }
  return { pid: child.pid, said, kill }
}

describe('what was committed', () => {
  test('is there when the store is opened again, heads, logs, counts, counters and copies too', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.commit({
      stream: 'pool',
      put: [record('pool/users/a', 1, 'A', ['t'])],
      add: [{ key: '@pool/n/a', amount: 2 }],
    })
    await first.raiseEpoch('pool', 3)
    await first.beginCopy('copied', 9, 1)
    await first.copyPage('copied', [record('copied/users/a', 1, '')], { after: 'copied/users/a', until: 12 })
    const [head, log, copied] = [
      await first.head('pool'),
      await first.readLog('pool', 0, 10),
      await first.head('copied'),
    ]
    await first.close()
    const second = await open(folder)
    expect(await second.head('pool')).toEqual(head)
    expect(await second.readLog('pool', 0, 10)).toEqual(log)
    expect(await second.head('copied')).toEqual(copied)
    expect(keysOf(await second.find('t', 'pool/users/', { limit: 5 }))).toEqual(['pool/users/a'])
    expect([await second.count('pool/users'), await second.counter('@pool/n/a')]).toEqual([1, 2])
    expect(await second.commit({ stream: 'pool', put: [record('pool/users/b', 1, '')] })).toEqual({
      position: 3,
    })
    await second.close()
  })

  test('lies in a folder and in files that nobody else may read', async () => {
    const folder = newFolder()
    const store = await open(folder)
    await store.commit({ put: [record('@region/a/b', 1, '')] })
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
    expect(mode(folder)).toBe('700')
    for (const name of ['store.sqlite', 'store.sqlite-wal', 'store.sqlite-shm', 'lock.sqlite', 'owner.json'])
      expect([name, mode(join(folder, name))]).toEqual([name, '600'])
    await store.close()
  })
})

describe('the lock', () => {
  test('keeps a second process out, which is told the folder and the owner, until the first is gone, even killed', async () => {
    const folder = newFolder()
    const owner = startOpener(folder)
    expect(await owner.said).toBe('open')
    await expect(open(folder)).rejects.toSatisfy(
      (error) =>
        error instanceof StoreLocked &&
        error.message.includes(folder) &&
        error.message.includes(`${owner.pid}`),
    )
    await owner.kill()
    const store = await open(folder)
    const second = startOpener(folder)
    expect(await second.said).toContain(`is in use by process ${process.pid}`)
    await second.kill()
    await store.close()
    const third = startOpener(folder)
    expect(await third.said).toBe('open')
    await third.kill()
  })

  test('holds within a process too, and a refused opening does not loosen it', async () => {
    const folder = newFolder()
    const store = await open(folder)
    await expect(open(folder)).rejects.toThrow(StoreLocked)
    const other = startOpener(folder)
    expect(await other.said).toContain('in use')
    await other.kill()
    await store.commit({ put: [record('@region/a/b', 1, '')] })
    await store.close()
  })
})

describe('a folder that can not serve', () => {
  test('is named when it is read-only', async () => {
    const folder = newFolder()
    mkdirSync(folder)
    chmodSync(folder, 0o555)
    chmodSync(root, 0o755)
    // The superuser may write anywhere, so the attempt is made as somebody else.
    const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const opener = startOpener(folder, identity)
    const said = await opener.said
    await opener.kill()
    expect(said).toMatch(/^StoreFailure: .*can't be written/)
    expect(said).toContain(folder)
  })

  test('is refused when a newer version wrote it, and left as it is', async () => {
    const folder = newFolder()
    await (await open(folder)).close()
    const database = new DatabaseSync(join(folder, 'store.sqlite'))
    database.exec('PRAGMA user_version = 999')
    database.close()
    await expect(open(folder)).rejects.toThrow(/newer version of Twinpool \(schema 999/)
    await expect(open(folder)).rejects.toThrow(StoreFailure)
  })

  test('is refused when a version from before the first release wrote it', async () => {
    const folder = newFolder()
    await (await open(folder)).close()
    const database = new DatabaseSync(join(folder, 'store.sqlite'))
    database.exec('PRAGMA user_version = 1')
    database.close()
    await expect(open(folder)).rejects.toThrow(/before its first release \(schema 1, .*empty data folder/)
  })

  test('is refused when its file is not a database', async () => {
    const folder = newFolder()
    await (await open(folder)).close()
    const file = openSync(join(folder, 'store.sqlite'), 'r+')
    writeSync(file, Buffer.alloc(4_096, 'garbage '), 0, 4_096, 0)
    await expect(open(folder)).rejects.toThrow(/not a database/)
  })

  test('says so when a page is damaged: reads and writes reject with StoreFailure', async () => {
    const folder = newFolder()
    const first = await open(folder)
    for (let n = 0; n < 20; n += 1)
      await first.commit({
        put: Array.from({ length: 50 }, (_, m) => record(`@region/things/${n * 50 + m}`, 1, 'x'.repeat(200))),
      })
    await first.close()
    const path = join(folder, 'store.sqlite')
    const file = openSync(path, 'r+')
    const pages = statSync(path).size / 4_096
    for (let page = 12; page < pages; page += 1)
      writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, page * 4_096)
    const store = await open(folder)
    await expect(store.range('@region/', { limit: 10_000 })).rejects.toThrow(StoreFailure)
    const writes = Array.from({ length: 1_000 }, (_, n) =>
      store.commit({ put: [record(`@region/things/${n}`, 2, '')] }),
    )
    const outcomes = await Promise.allSettled(writes)
    const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(reasons.length).toBeGreaterThan(0)
    expect(reasons.every((reason) => reason instanceof StoreFailure)).toBe(true)
    expect(String(reasons[0])).toContain('damaged')
    await store.close()
  })

  test('says so when its file is cut off: nothing that is missing is taken for absent', async () => {
    const folder = newFolder()
    const first = await open(folder)
    for (let n = 0; n < 20; n += 1)
      await first.commit({
        put: Array.from({ length: 50 }, (_, m) => record(`@region/things/${n * 50 + m}`, 1, 'x'.repeat(200))),
      })
    await first.close()
    const path = join(folder, 'store.sqlite')
    truncateSync(path, Math.floor(statSync(path).size / 4_096 / 2) * 4_096)
    const opened = await open(folder).catch((error: unknown) => error)
    if (opened instanceof Error) {
      expect(String(opened)).toMatch(/damaged|malformed|cut off/)
      return
    }
    const store = opened as Awaited<ReturnType<typeof open>>
    const reads = await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, n) => store.get(`@region/things/${n}`)),
    )
    for (const read of reads)
      if (read.status === 'fulfilled') expect(read.value).toBeDefined()
      else expect(read.reason).toBeInstanceOf(StoreFailure)
    expect(reads.some(({ status }) => status === 'rejected')).toBe(true)
    await store.close()
  })
})

describe('limits', () => {
  test('a full disk rejects what does not fit with StoreFailure, keeps what was there, and goes on once there is room', async () => {
    const folder = newFolder()
    const store = await open(folder, { sizeMaxBytes: 1024 * 1024 })
    const stored: string[] = []
    const fill = async (): Promise<unknown> => {
      for (let n = 0; ; n += 1)
        try {
          const key = `pool/users/${n}`
          await store.commit({ stream: 'pool', put: [record(key, 1, 'x'.repeat(20_000), ['t'])] })
          stored.push(key)
        } catch (error) {
          return error
        }
    }
    const failure = await fill()
    expect(failure).toBeInstanceOf(StoreFailure)
    expect(String(failure)).toContain('full')
    expect(stored.length).toBeGreaterThan(5)
    expect(keysOf(await allRecords(store, 'pool'))).toEqual([...stored].sort())
    expect(await store.head('pool')).toMatchObject({
      position: stored.length,
      digest: digestOf(await allRecords(store, 'pool')),
    })
    await store.trimLog('pool', stored.length)
    await vi.waitFor(async () => {
      await store.commit({ stream: 'pool', put: [record('pool/users/more', 1, 'x'.repeat(20_000))] })
    })
    expect((await store.head('pool')).position).toBe(stored.length + 1)
    await store.close()
  })

  test('one commit that does not fit does not take down those that wait beside it', async () => {
    const store = await open(newFolder(), { sizeMaxBytes: 1024 * 1024 })
    const big = record('@region/things/big', 1, 'x'.repeat(4 * 1024 * 1024))
    const outcomes = await Promise.allSettled([
      store.commit({ stream: 'pool', put: [record('pool/users/a', 1, '')] }),
      store.commit({ put: [big] }),
      store.commit({ stream: 'pool', put: [record('pool/users/b', 1, '')] }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await store.head('pool')).toMatchObject({
      position: 2,
      digest: digestOf(await allRecords(store, 'pool')),
    })
    await store.close()
  })

  test('more than may wait is StoreBusy at once, and what waits is done', async () => {
    const store = await open(newFolder(), { waitingMax: 10 })
    const commits = Array.from({ length: 15 }, (_, n) =>
      store.commit({ put: [record(`@region/a/${n}`, 1, '')] }),
    )
    const outcomes = await Promise.allSettled(commits)
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused).toHaveLength(5)
    expect(refused.every((reason) => reason instanceof StoreBusy)).toBe(true)
    expect(await store.count('@region/a')).toBe(10)
    await store.commit({ put: [record('@region/a/later', 1, '')] })
    await store.close()
    const byBytes = await open(newFolder(), { waitingBytesMax: 10_000 })
    const heavy = [1, 2].map((n) => byBytes.commit({ put: [record(`@region/a/${n}`, 1, 'x'.repeat(9_000))] }))
    const [one, two] = await Promise.allSettled(heavy)
    expect([one?.status, two?.status]).toEqual(['fulfilled', 'rejected'])
    await byBytes.close()
  })

  test('a log keeps no more entries than it may, for readers at once and on the disk soon', async () => {
    const folder = newFolder()
    const store = await open(folder, { logEntriesMax: 100 })
    for (let n = 0; n < 13; n += 1)
      await Promise.all(
        Array.from({ length: 100 }, (_, m) =>
          store.commit({ stream: 'pool', put: [record('pool/users/a', n * 100 + m + 1, '')] }),
        ),
      )
    await expect(store.readLog('pool', 1_199, 10)).rejects.toThrow(RangeError)
    expect(await store.readLog('pool', 1_200, 1_000)).toHaveLength(100)
    await store.close()
    const database = new DatabaseSync(join(folder, 'store.sqlite'))
    const row = database.prepare('SELECT count(*) AS n FROM log').get()
    database.close()
    expect(Number(row?.n)).toBeLessThan(1_100)
  })

  test('a listener that throws hurts neither the commit nor other listeners, and is heard of', async () => {
    const onListenerError = vi.fn()
    const store = await open(newFolder(), { onListenerError })
    const heard = vi.fn()
    store.watch('pool', () => {
      throw new Error('from a listener')
    })
    store.watch('pool', heard)
    await store.commit({ stream: 'pool', put: [record('pool/users/a', 1, '')] })
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1))
    expect(onListenerError).toHaveBeenCalledTimes(1)
    await store.close()
  })
})

describe('dropping a scope', () => {
  test('goes on when the store is opened again, if the process died in the middle', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.commit({
      stream: 'pool',
      put: Array.from({ length: 2_000 }, (_, n) => record(`pool/users/${n}`, 1, '', ['t'])),
    })
    await first.close()
    // What a process leaves behind that is killed just after the first step of a drop.
    const database = new DatabaseSync(join(folder, 'store.sqlite'))
    database.exec("INSERT INTO dropping (scope) VALUES ('pool'); DELETE FROM streams WHERE stream = 'pool'")
    database.close()
    const second = await open(folder)
    expect(await second.commit({ stream: 'pool', put: [record('pool/users/a', 1, '')] })).toEqual({
      position: 1,
    })
    expect(keysOf(await allRecords(second, 'pool'))).toEqual(['pool/users/a'])
    expect((await second.head('pool')).digest).toBe(digestOf(await allRecords(second, 'pool')))
    await second.dropScope('pool')
    expect((await second.head('pool')).digest).toBe(emptyDigest)
    await second.close()
    expect(readFileSync(join(folder, 'store.sqlite')).length).toBeGreaterThan(0)
  })

  test('is finished, with what waits for it, before the store closes', async () => {
    const folder = newFolder()
    const first = await open(folder)
    await first.commit({
      stream: 'pool',
      put: Array.from({ length: 2_000 }, (_, n) => record(`pool/users/${n}`, 1, '', ['t'])),
    })
    const dropped = first.dropScope('pool')
    const waiting = first.commit({ stream: 'pool', put: [record('pool/users/new', 1, '')] })
    const begun = first.beginCopy('pool', 7, 2)
    await first.close()
    expect(await Promise.all([dropped, waiting, begun])).toEqual([undefined, { position: 1 }, undefined])
    const second = await open(folder)
    expect(await allRecords(second, 'pool')).toEqual([])
    expect(await second.head('pool')).toEqual({
      position: 7,
      epoch: 2,
      digest: emptyDigest,
      copy: { from: 7 },
    })
    await second.close()
  })

  test('lets other commits through between its steps', async () => {
    const store = await open(newFolder())
    for (let n = 0; n < 4; n += 1)
      await store.commit({
        stream: 'pool',
        put: Array.from({ length: 2_000 }, (_, m) => record(`pool/users/${n}-${m}`, 1, '', ['t'])),
      })
    const order: string[] = []
    const dropped = store.dropScope('pool').then(() => order.push('dropped'))
    const other = store.commit({ put: [record('@region/a/b', 1, '')] }).then(() => order.push('committed'))
    await Promise.all([dropped, other])
    expect(order).toEqual(['committed', 'dropped'])
    await store.close()
  })
})
