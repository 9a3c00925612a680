// The PostgreSQL engine over a primary and a standby that it waits for: the primary dies or falls silent, the standby is promoted.
import { Client } from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/store/digest.ts'
import { openPostgresStore, type PostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { serverUrls } from '../../src/store/postgres/servers.ts'
import { StoreFailure } from '../../src/store/store-errors.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { type PostgresServer, type Standby, startPostgres, startStandby } from '../support/postgres.ts'
import { allRecords, record } from './records.ts'
import { contractNowMs } from './store-contract.ts'

const running: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.close()
})

/** Servers that are killed, not machines: what they wrote stays. */
const settings = ['fsync=off', 'full_page_writes=off']

/** The standby's URL comes first, so that finding the primary is part of every test. */
const start = async (): Promise<{ primary: PostgresServer; standby: Standby; url: string }> => {
  const primary = await startPostgres(settings)
  running.push(primary)
  const url = await primary.newDatabase()
  const standby = await startStandby(primary, settings)
  running.push(standby)
  await standby.makeSynchronous()
  return { primary, standby, url: url.replace('@127', `@127.0.0.1:${standby.port},127`) }
}

const open = async (
  url: string,
  options: { readonly statementTimeoutMs?: number } = {},
): Promise<PostgresStore> => {
  const store = await openPostgresStore({
    url,
    clock: { now: () => contractNowMs },
    random: systemRandom,
    pollMs: 50,
    answerTimeoutMs: 300,
    onBackgroundError: () => undefined,
    ...options,
  })
  running.push(store)
  return store
}

const keepWriting = (store: PostgresStore, name: string, signal: AbortSignal) => {
  const acknowledged: string[] = []
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; !signal.aborted; count += 1) {
      const key = `pool_a/users/${name}-${writer}-${count}`
      try {
        await store.commit({ put: [record(key, 1, 'x', [`t${writer}`])], stream: 'pool_a' })
        acknowledged.push(key)
      } catch (error) {
        expect(error).toBeInstanceOf(StoreFailure)
      }
    }
  }
  return { acknowledged, ended: Promise.all([0, 1, 2, 3].map(write)) }
}

test.each([
  ['is killed', (primary: PostgresServer) => primary.kill()],
  ['falls silent', async (primary: PostgresServer) => primary.pause()],
])(
  'when the primary %s and the standby is promoted, two nodes go on by themselves, one of them leads, and all that was acknowledged is there',
  async (_, lose) => {
    const { primary, standby, url } = await start()
    const nodes = [await open(url), await open(url)] as const
    const leading: string[] = []
    for (const [index, store] of nodes.entries()) {
      const name = `http://node-${index}`
      const leadership = await store.lead({
        nodeOrigin: name,
        onLead: async () => {
          leading.push(name)
        },
        onLose: async () => {
          leading.splice(leading.indexOf(name), 1)
        },
        onError: () => undefined,
      })
      running.push(leadership)
    }
    const stopping = new AbortController()
    const writing = nodes.map((store, index) => keepWriting(store, `node-${index}`, stopping.signal))
    const grown = (by: number): Promise<void> => {
      const before = writing.map(({ acknowledged }) => acknowledged.length)
      return vi.waitFor(
        () => {
          for (const [index, { acknowledged }] of writing.entries())
            expect(acknowledged.length).toBeGreaterThan((before[index] ?? 0) + by)
        },
        { timeout: 15_000 },
      )
    }
    await grown(50)
    expect(leading).toHaveLength(1)
    await lose(primary)
    await standby.promote()
    await grown(50)
    await vi.waitFor(() => expect(leading).toHaveLength(1), { timeout: 5_000 })
    stopping.abort()
    await Promise.all(writing.map(({ ended }) => ended))

    const [one, other] = nodes
    const all = await allRecords(one, 'pool_a')
    const keys = new Set(all.map(({ key }) => key))
    expect(writing.flatMap(({ acknowledged }) => acknowledged.filter((key) => !keys.has(key)))).toEqual([])
    const head = await one.head('pool_a')
    expect(head).toMatchObject({ position: all.length, digest: digestOf(all) })
    const log = await other.readLog('pool_a', 0, all.length + 1)
    expect(log.map(({ position }) => position)).toEqual(all.map((_record, index) => index + 1))
  },
)

test('a commit whose wait for the standby was cancelled is not acknowledged, though the database says that it committed', async () => {
  const { primary, standby, url } = await start()
  const store = await open(url)
  await store.commit({ put: [record('pool_a/users/a', 1, 'x')], stream: 'pool_a' })
  standby.pause()
  const committing = store.commit({ put: [record('pool_a/users/b', 1, 'x')], stream: 'pool_a' })
  const outcome = committing.then(
    () => 'acknowledged',
    (error: unknown) => error,
  )
  const client = new Client({ connectionString: primary.urlOf('postgres') })
  await client.connect()
  await vi.waitFor(async () => {
    const { rows } = await client.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
    )
    expect(rows).toHaveLength(1)
  })
  await client.end()
  expect(await outcome).toMatchObject({
    name: 'StoreFailure',
    isOutcomeUnknown: true,
    message: 'the database did not wait for its standby',
  })
  standby.resume()
  await store.commit({ put: [record('pool_a/users/c', 1, 'x')], stream: 'pool_a' })
})

test('the only server falls silent: whoever waits for it is told so in time, and all goes on when it speaks again', async () => {
  const server = await startPostgres(settings)
  running.push(server)
  const store = await open(await server.newDatabase(), { statementTimeoutMs: 300 })
  const write = (name: string) =>
    store.commit({ put: [record(`pool_a/users/${name}`, 1, 'x')], stream: 'pool_a' })
  await write('a')
  server.pause()
  const outcomes = await Promise.allSettled([store.get('pool_a/users/a'), store.head('pool_a'), write('b')])
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { name: 'StoreFailure' } })
  server.resume()
  await vi.waitFor(() => write('c'), { timeout: 5_000 })
  expect((await store.get('pool_a/users/a'))?.version).toBe(1)
}, 20_000)

test('without a server that takes writes the store can not be opened, and says why', async () => {
  const { primary, url } = await start()
  await primary.kill()
  await expect(open(url)).rejects.toThrow('takes no writes')
})

test.each([
  ['postgres://a:b@one:1,two:2/db?sslmode=require', ['one:1', 'two:2']],
  [
    'postgresql://a:b@one,two:2,three/db?target_session_attrs=read-write&sslmode=require',
    ['one', 'two:2', 'three'],
  ],
  ['postgres://a:b@[::1]:5432,two/db?sslmode=require&target_session_attrs=primary', ['[::1]:5432', 'two']],
])('the servers of %s are found', (url, hosts) => {
  const found = serverUrls(url).map((one) => new URL(one))
  expect(found.map(({ host }) => host)).toEqual(hosts)
  for (const { username, password, pathname, search } of found)
    expect([username, password, pathname, search]).toEqual(['a', 'b', '/db', '?sslmode=require'])
})

test('a URL that asks for a standby, or names no server, is refused without its password', async () => {
  for (const url of [
    'postgres://a:hush@one,two/db?target_session_attrs=standby',
    'postgres://a:hush@one:x,/db',
  ])
    expect(() => serverUrls(url)).toThrow(StoreFailure)
  const failure = await open('postgres://a:hush@one:x,/db').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(StoreFailure)
  expect(String(failure)).not.toContain('hush')
})
