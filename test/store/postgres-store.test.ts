// The PostgreSQL engine: the store's contract, several nodes over one database, and a database that fails.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/store/digest.ts'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres/postgres-store.ts'
import { Conflict } from '../../src/store/store.ts'
import { StoreFailure } from '../../src/store/store-errors.ts'
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

  test('is refused when a newer version wrote it', async () => {
    const url = await server.newDatabase()
    await (await open(url)).close()
    const { Client } = await import('pg')
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query('UPDATE twinpool.schema_version SET version = 99')
    await client.end()
    await expect(open(url)).rejects.toThrow('newer version of Twinpool')
  })
})
