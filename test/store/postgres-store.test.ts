// The PostgreSQL engine: the store's contract, several nodes over one database, and a database that fails.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/store/digest.ts'
import { moveToPostgres } from '../../src/store/postgres/move-store.ts'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres/postgres-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Conflict } from '../../src/store/store.ts'
import { StoreFailure, StoreLocked } from '../../src/store/store-errors.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { allRecords, record } from './records.ts'
import { contractNowMs, storeContract } from './store-contract.ts'

let server: PostgresServer
beforeAll(async () => {
  // It is the server that is killed here, not the machine: what it wrote stays.
  server = await startPostgres(['fsync=off', 'full_page_writes=off'])
})
afterAll(() => server.close())

const open = (url: string, options: Partial<PostgresStoreOptions> = {}) =>
  openPostgresStore({ url, clock: { now: () => contractNowMs }, random: systemRandom, ...options })

storeContract('the PostgreSQL engine', async () => open(await server.newDatabase()))

describe('two nodes over one database', () => {
  test('see each other’s commits at once, and their listeners hear of them', async () => {
    const url = await server.newDatabase()
    const [one, other] = await Promise.all([open(url), open(url)])
    const heard = vi.fn()
    one.watch('pool_a', heard)
    const before = heard.mock.calls.length
    await other.commit({ put: [record('pool_a/users/a', 1, 'x')], stream: 'pool_a' })
    expect((await one.get('pool_a/users/a'))?.version).toBe(1)
    await vi.waitFor(() => expect(heard.mock.calls.length).toBeGreaterThan(before))
    await Promise.all([one.close(), other.close()])
  })

  test('lose no update and no position when both write one stream', async () => {
    const url = await server.newDatabase()
    const nodes = await Promise.all([open(url), open(url)])
    const add = async (node: (typeof nodes)[number], times: number): Promise<void> => {
      for (let done = 0; done < times; ) {
        const found = await node.get('pool_a/sums/one')
        const sum = Number(new TextDecoder().decode(found?.value) || '0') + 1
        const version = found?.version ?? 0
        try {
          await node.commit({
            check: [{ key: 'pool_a/sums/one', version }],
            put: [record('pool_a/sums/one', version + 1, String(sum), [`t${sum}`])],
            stream: 'pool_a',
          })
          done += 1
        } catch (error) {
          if (!(error instanceof Conflict)) throw error
        }
      }
    }
    await Promise.all([...nodes, ...nodes].map((node) => add(node, 25)))
    const [one] = nodes
    expect(new TextDecoder().decode((await one.get('pool_a/sums/one'))?.value)).toBe('100')
    const log = await one.readLog('pool_a', 0, 1_000)
    expect(log.map(({ position }) => position)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect((await one.head('pool_a')).digest).toBe(digestOf(await allRecords(one, 'pool_a')))
    await Promise.all(nodes.map((node) => node.close()))
  })

  test('finish a drop that the other one began and left', async () => {
    const url = await server.newDatabase()
    const one = await open(url)
    await one.commit({ put: [record('pool_a/users/a', 1, 'x', ['t'])], stream: 'pool_a' })
    const { Client } = await import('pg')
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query(`UPDATE twinpool.scopes SET dropping = '{}' WHERE scope = 'pool_a'`)
    await client.end()
    await one.commit({ put: [record('pool_a/users/b', 1, 'y')], stream: 'pool_a' })
    expect((await allRecords(one, 'pool_a')).map(({ key }) => key)).toEqual(['pool_a/users/b'])
    expect((await one.head('pool_a')).position).toBe(1)
    await one.close()
  })
})

describe('leading', () => {
  test('one node leads, and another takes over when its connection is gone or it stops', async () => {
    const url = await server.newDatabase()
    const names = ['one', 'other']
    const leading: string[] = []
    const nodes = await Promise.all(
      names.map(async (name) => {
        const store = await open(url, { pollMs: 20 })
        const leadership = await store.lead({
          nodeOrigin: `http://${name}`,
          onLead: async () => {
            leading.push(name)
          },
          onLose: async () => {
            leading.splice(leading.indexOf(name), 1)
          },
          onError: () => undefined,
        })
        return { store, leadership }
      }),
    )
    expect(leading).toHaveLength(1)
    const [first] = leading
    const everyoneSees = (name: string | undefined): Promise<void> =>
      vi.waitFor(() => {
        expect(leading).toEqual([name])
        for (const { leadership } of nodes) expect(leadership.leader()).toBe(`http://${name}`)
      })
    await everyoneSees(first)
    const { Client } = await import('pg')
    const client = new Client({ connectionString: url })
    await client.connect()
    const hold = (name: string | undefined) =>
      nodes[names.indexOf(name ?? '')]?.leadership.close() ?? Promise.resolve()
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted",
    )
    await client.end()
    await vi.waitFor(() => expect(leading).toHaveLength(1))
    const [second] = leading
    await everyoneSees(second)
    await hold(second)
    const third = names.find((name) => name !== second)
    await vi.waitFor(() => expect(leading).toEqual([third]))
    for (const { leadership, store } of nodes) {
      await leadership.close()
      await store.close()
    }
  })
})

describe('moving a store from SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-move-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('takes records, terms, counts, counters, heads, copies and logs along, and goes on from there', async () => {
    const source = await openSqliteStore({ folder, clock: { now: () => contractNowMs } })
    for (let index = 1; index <= 1_200; index += 1)
      await source.commit({
        put: [
          record(`pool_a/users/${index}`, 1, `value ${index}`, ['all', `t${index % 7}`]),
          record(`@pool_a/codes/${index}`, 1, 'x'),
        ],
        add: [{ key: '@pool_a/counts/all', amount: 1 }],
        stream: 'pool_a',
      })
    await source.trimLog('pool_a', 100)
    await source.beginCopy('pool_b', 7, 2)
    await source.copyPage('pool_b', [record('pool_b/users/a', 3, 'b', ['all'])], { after: 'pool_b/users/a' })
    const head = await source.head('pool_a')
    const url = await server.newDatabase()
    await expect(moveToPostgres(folder, url, contractNowMs)).rejects.toBeInstanceOf(StoreLocked)
    const log = await source.readLog('pool_a', 100, 10_000)
    const copying = await source.head('pool_b')
    await source.close()

    expect(await moveToPostgres(folder, url, contractNowMs)).toEqual({
      records: 2_401,
      streams: 2,
      logEntries: 1_100,
    })
    await expect(moveToPostgres(folder, url, contractNowMs)).rejects.toThrow('already')
    const store = await open(url)
    expect(await store.head('pool_a')).toEqual(head)
    expect(await store.head('pool_b')).toEqual(copying)
    expect(await store.readLog('pool_a', 100, 10_000)).toEqual(log)
    await expect(store.readLog('pool_a', 99, 10)).rejects.toBeInstanceOf(RangeError)
    expect(await store.count('pool_a/users')).toBe(1_200)
    expect(await store.counter('@pool_a/counts/all')).toBe(1_200)
    expect(await store.find('t3', 'pool_a/users/', { limit: 1_000 })).toHaveLength(172)
    expect(digestOf(await allRecords(store, 'pool_a'))).toBe(head.digest)
    const { position } = await store.commit({ put: [record('pool_a/users/new', 1, 'x')], stream: 'pool_a' })
    expect(position).toBe(1_201)
    await store.close()
  })
})

describe('a database that fails', () => {
  test('rejects with StoreFailure while it is down, and serves again by itself with everything that was acknowledged', async () => {
    const url = await server.newDatabase()
    const store = await open(url, { onBackgroundError: () => undefined })
    const acknowledged: string[] = []
    let isStopping = false
    const write = async (writer: number): Promise<void> => {
      for (let count = 0; !isStopping; count += 1) {
        const key = `pool_a/users/${writer}-${count}`
        try {
          await store.commit({ put: [record(key, 1, 'x', [`t${writer}`])], stream: 'pool_a' })
          acknowledged.push(key)
        } catch (error) {
          expect(error).toBeInstanceOf(StoreFailure)
          return
        }
      }
    }
    const writers = Array.from({ length: 8 }, (_, index) => write(index))
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200))
    await server.crash()
    await Promise.all(writers)
    isStopping = true
    await expect(store.get('pool_a/users/0-0')).rejects.toBeInstanceOf(StoreFailure)
    await server.start()
    const all = await allRecords(store, 'pool_a')
    const keys = new Set(all.map(({ key }) => key))
    expect(acknowledged.filter((key) => !keys.has(key))).toEqual([])
    const head = await store.head('pool_a')
    expect(head.digest).toBe(digestOf(all))
    expect(head.position).toBe(all.length)
    await store.commit({ put: [record('pool_a/users/after', 1, 'x')], stream: 'pool_a' })
    await store.close()
  })

  test('is named when it cannot be reached, without its password', async () => {
    const url = 'postgres://somebody:hush@127.0.0.1:1/nowhere'
    const failure = await open(url).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StoreFailure)
    expect(String(failure)).not.toContain('hush')
  })

  test.each([
    [99, 'newer version of Twinpool'],
    [1, 'before its first release'],
  ])('is refused when schema %d wrote it', async (version, words) => {
    const url = await server.newDatabase()
    await (await open(url)).close()
    const { Client } = await import('pg')
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query('UPDATE twinpool.schema_version SET version = $1', [version])
    await client.end()
    await expect(open(url)).rejects.toThrow(words)
  })
})
