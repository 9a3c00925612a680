// A Region on PostgreSQL: what two nodes over one database do beside one, and how long a write takes to the other Region beside PostgreSQL's own logical replication.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  type CognitoIdentityProviderClient,
  CreateGroupCommand,
  GetGroupCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { Client, Pool } from 'pg'
import { startNodeRegion } from '../test/support/node-region.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { makeReplicatedPool, primaryRegion, secondaryRegion } from '../test/support/replicated-pool.ts'
import { cpuSecondsOf, load, percentile } from './deployment.ts'
import type { LoadKind, LoadOrder, LoadResult } from './sign-in-load.ts'

const seconds = 6
const writers = 32
const rates = [100, 500] as const
const valueBytes = 1_600
/** Durable as installed; logical decoding is what the yardstick needs. */
const settings = ['wal_level=logical', 'max_connections=200']

const server = await startPostgres(settings)
const subscriber = await startPostgres(settings)
const regions = await startNodeRegion(await server.newDatabase())
const pool = await makeReplicatedPool(regions)
const UserPoolId = pool.poolId
const clients = regions.nodes.map((node) => regions.cognitoAt(node))
const [first] = clients
if (first === undefined) throw new RangeError('there are two nodes')
const secondary = regions.cognito(secondaryRegion)
for (let index = 0; index < writers; index += 1)
  await first.send(new CreateGroupCommand({ UserPoolId, GroupName: `g${index}` }))
await first.send(new CreateGroupCommand({ UserPoolId, GroupName: 'sampled' }))

const connected = async (url: string): Promise<Client> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}
const bareUrl = await server.newDatabase()
const bare = new Pool({ connectionString: bareUrl, max: writers })
const table = 'CREATE TABLE written (key text PRIMARY KEY, turn integer NOT NULL, value bytea NOT NULL)'
const upsert = 'INSERT INTO written VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET turn = $2, value = $3'
const value = Buffer.alloc(valueBytes, 1)
await bare.query(table)

// Sign-ins and writes at one node and at both.
const loaders = regions.nodes.map(() =>
  fork(fileURLToPath(new URL('./sign-in-load.ts', import.meta.url)), { execArgv: [] }),
)
const order = async (index: number, given: LoadOrder): Promise<unknown> => {
  const loader = loaders[index]
  loader?.send(given)
  const [{ result, error }] = (await once(loader ?? process, 'message')) as [
    { result?: unknown; error?: string },
  ]
  if (error !== undefined) throw new Error(error)
  return result
}
for (const [index, node] of regions.nodes.entries())
  await order(index, { plan: { ...pool, origin: node.origin } })
const nodeSeconds = (): number => regions.nodes.reduce((sum, node) => sum + cpuSecondsOf(node.pid()), 0)

const signIns = async (kind: LoadKind, nodeCount: number) => {
  const before = nodeSeconds()
  const results = await Promise.all(
    Array.from(
      { length: nodeCount },
      (_, index) => order(index, { kind, callers: 16 / nodeCount, seconds }) as Promise<LoadResult>,
    ),
  )
  const count = results.reduce((sum, result) => sum + result.count, 0)
  return {
    perSecond: results.reduce((sum, result) => sum + result.perSecond, 0),
    cpuMs: ((nodeSeconds() - before) / count) * 1_000,
  }
}
const kinds = ['client_credentials', 'password', 'srp'] as const
for (const kind of kinds) for (const nodeCount of [1, 2]) await signIns(kind, nodeCount)
for (const kind of kinds) {
  const [one, two] = [await signIns(kind, 1), await signIns(kind, 2)]
  console.log(
    `${kind}: one node ${Math.round(one.perSecond)}/s, two ${Math.round(two.perSecond)}/s = ${(two.perSecond / one.perSecond).toFixed(2)} x; ` +
      `nodes' CPU ${one.cpuMs.toFixed(2)} and ${two.cpuMs.toFixed(2)} ms each = ${(two.cpuMs / one.cpuMs).toFixed(2)} x: load, nodes and database share the cores here`,
  )
}

type GroupRequest = (client: CognitoIdentityProviderClient, GroupName: string) => Promise<unknown>
/** `writers` groups, one request for each at a time; to one node, or to both in turn. */
const requests = async (nodeCount: number, request: GroupRequest) => {
  let free = Array.from({ length: writers }, (_, index) => index)
  const before = nodeSeconds()
  const beforeHere = process.cpuUsage()
  const { perSecond, count } = await load(writers, seconds, async () => {
    const [group = 0, ...rest] = free
    free = rest
    const client = clients[group % nodeCount] ?? first
    await request(client, `g${group}`)
    free.push(group)
  })
  const { user, system } = process.cpuUsage(beforeHere)
  return {
    perSecond,
    cpuMs: ((nodeSeconds() - before) / count) * 1_000,
    clientMs: (user + system) / 1_000 / count,
  }
}
const writes = (nodeCount: number) =>
  requests(nodeCount, (client, GroupName) =>
    client.send(new UpdateGroupCommand({ UserPoolId, GroupName, Description: `${performance.now()}` })),
  )
/** What the way to a node and back costs without a commit: the most that writes could come to here. */
const reads = (nodeCount: number) =>
  requests(nodeCount, (client, GroupName) => client.send(new GetGroupCommand({ UserPoolId, GroupName })))
let turnOfAll = 0
/** One row and one commit each. */
const bareWrites = async () =>
  load(writers, seconds, async () => {
    turnOfAll += 1
    await bare.query(upsert, [`g${turnOfAll % writers}`, turnOfAll, value])
  })
await writes(2)
const [oneWrites, twoWrites, bareOnes] = [await writes(1), await writes(2), await bareWrites()]
const [oneReads, twoReads] = [await reads(1), await reads(2)]
console.log(
  `writes by ${writers} writers: one node ${Math.round(oneWrites.perSecond)}/s, two ${Math.round(twoWrites.perSecond)}/s = ${(twoWrites.perSecond / oneWrites.perSecond).toFixed(2)} x; ` +
    `nodes' CPU ${oneWrites.cpuMs.toFixed(2)} and ${twoWrites.cpuMs.toFixed(2)} ms each; bare upserts of ${valueBytes} bytes with a commit each ${Math.round(bareOnes.perSecond)}/s, ` +
    `of which two nodes reach ${Math.round((twoWrites.perSecond / bareOnes.perSecond) * 100)} %`,
)
console.log(
  `the same callers reading the groups: one node ${Math.round(oneReads.perSecond)}/s, two ${Math.round(twoReads.perSecond)}/s, of which writes reach ` +
    `${Math.round((oneWrites.perSecond / oneReads.perSecond) * 100)} and ${Math.round((twoWrites.perSecond / twoReads.perSecond) * 100)} %; ` +
    `CPU of nodes ${oneReads.cpuMs.toFixed(2)} and ${twoReads.cpuMs.toFixed(2)} ms each, of the callers ${oneReads.clientMs.toFixed(2)} ms for a read and ${oneWrites.clientMs.toFixed(2)} for a write`,
)

// Lag: of Twinpool to its other Region, and of PostgreSQL to a subscriber.
const replicatedUrl = await subscriber.newDatabase()
const replicated = await connected(replicatedUrl)
await replicated.query(table)
await bare.query('CREATE PUBLICATION bench FOR TABLE written')
await replicated.query(`CREATE SUBSCRIPTION bench CONNECTION '${bareUrl}' PUBLICATION bench`)

type Side = {
  readonly name: string
  write(key: string, turn: string): Promise<unknown>
  read(key: string): Promise<string | undefined>
}
const sides: readonly Side[] = [
  {
    name: 'Twinpool, a group',
    write: (GroupName, Description) =>
      first.send(new UpdateGroupCommand({ UserPoolId, GroupName, Description })),
    read: async (GroupName) =>
      (await secondary.send(new GetGroupCommand({ UserPoolId, GroupName }))).Group?.Description,
  },
  {
    name: 'PostgreSQL, a row',
    write: (key, turn) => bare.query(upsert, [key, Number(turn), value]),
    read: async (key) => {
      const { rows } = await replicated.query('SELECT turn FROM written WHERE key = $1', [key])
      return rows.length === 0 ? undefined : String((rows[0] as { turn: number }).turn)
    },
  },
]
let sampleCount = 0
const sampleLag = async (side: Side): Promise<number> => {
  sampleCount += 1
  const turn = String(1_000_000_000 + sampleCount)
  await side.write('sampled', turn)
  const acknowledgedAtMs = performance.now()
  while ((await side.read('sampled')) !== turn) {
    // Asking is the pause.
  }
  return performance.now() - acknowledgedAtMs
}
const lagAt = async (side: Side, rate: number): Promise<void> => {
  let isRunning = true
  let written = 0
  const startedAtMs = performance.now()
  const writing = Promise.all(
    Array.from({ length: writers }, async (_, index) => {
      for (let turn = 0; isRunning; turn += 1) {
        const waitMs = startedAtMs + ((turn * writers + index) * 1_000) / rate - performance.now()
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        await side.write(`g${index}`, `${turn}`)
        written += 1
      }
    }),
  )
  const lags: number[] = []
  while (performance.now() - startedAtMs < seconds * 1_000) lags.push(await sampleLag(side))
  const achieved = written / ((performance.now() - startedAtMs) / 1_000)
  isRunning = false
  await writing
  console.log(
    `${side.name}, ${Number.isFinite(rate) ? `${rate} writes/s asked` : `${writers} writers without a pause`}, ${Math.round(achieved)}/s achieved: ` +
      `lag p50 ${percentile(lags, 0.5).toFixed(1)} ms, p99 ${percentile(lags, 0.99).toFixed(1)} ms, p99.9 ${percentile(lags, 0.999).toFixed(1)} ms (${lags.length} samples)`,
  )
}
for (const rate of [...rates, Number.POSITIVE_INFINITY]) for (const side of sides) await lagAt(side, rate)

for (const loader of loaders) loader.disconnect()
await replicated.query('DROP SUBSCRIPTION bench')
await replicated.end()
await bare.end()
await regions.close()
await subscriber.close()
await server.close()
console.log(`${primaryRegion} ran on PostgreSQL, ${secondaryRegion} on files of its own`)
