// A large pool beside a small one: import rate, size and memory, what operations cost in each, copying it to a second Region, and catching up after an outage.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserImportJobCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolReplicaCommand,
  DescribeUserImportJobCommand,
  GetCSVHeaderCommand,
  InitiateAuthCommand,
  ListUsersCommand,
  StartUserImportJobCommand,
  UpdateUserPoolReplicaCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createOperatorClient } from '../src/operator/operator-client.ts'
import type { ReplicationShape } from '../src/replication/operator-shapes.ts'
import { eventually } from '../test/support/regions.ts'
import { makeMultiRegionKey, makePool, statusOf } from '../test/support/replicated-pool.ts'
import { load, percentile, startDeployment } from './deployment.ts'

const east = 'us-east-1'
const west = 'us-west-2'
/** BENCH_LARGE=1000000 for the figures of docs; less for a look. */
const largeSize = Number(process.env.BENCH_LARGE ?? 20_000)
const missedWrites = Number(process.env.BENCH_MISSED ?? 20_000)
const smallSize = 1_000
const usersPerImport = 400_000
const signers = 100
const repetitions = 300
const rounds = 4
const password = 'Unguessable-1'

const deployment = await startDeployment()
const client = deployment.cognito(east)
const folderOf = (region: string): string => join(deployment.dataFolder, region, 'store')
const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
const report = (line: string): void => console.log(line)
const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1_000

const importUsers = async (UserPoolId: string, from: number, to: number): Promise<void> => {
  const { UserImportJob } = await client.send(
    new CreateUserImportJobCommand({
      UserPoolId,
      JobName: 'bench',
      CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/import',
    }),
  )
  const { CSVHeader = [] } = await client.send(new GetCSVHeaderCommand({ UserPoolId }))
  const rowOf = (index: number): string => {
    const values: Readonly<Record<string, string>> = {
      'cognito:username': `person-${index}`,
      'cognito:mfa_enabled': 'FALSE',
      name: `Person ${index}`,
      given_name: 'Per',
      family_name: `Son ${index}`,
      email: `person-${index}@example.com`,
      email_verified: 'TRUE',
    }
    return CSVHeader.map((column) => values[column] ?? '').join(',')
  }
  const rows = Array.from({ length: to - from }, (_, index) => rowOf(from + index))
  const answer = await fetch(UserImportJob?.PreSignedUrl ?? '', {
    method: 'PUT',
    headers: { 'x-amz-server-side-encryption': 'aws:kms' },
    body: [CSVHeader.join(','), ...rows].join('\n'),
  })
  if (!answer.ok) throw new Error(`the upload was answered with ${answer.status}`)
  const JobId = UserImportJob?.JobId ?? ''
  await client.send(new StartUserImportJobCommand({ UserPoolId, JobId }))
  const ended = await eventually(
    () => client.send(new DescribeUserImportJobCommand({ UserPoolId, JobId })),
    ({ UserImportJob: job }) => ['Succeeded', 'Failed', 'Stopped'].includes(job?.Status ?? ''),
    3_600_000,
  )
  if (ended.UserImportJob?.ImportedUsers !== to - from)
    throw new Error(`${ended.UserImportJob?.ImportedUsers} users of ${to - from} were imported`)
}

const keyArn = await makeMultiRegionKey(deployment)
const makePoolOf = async (size: number) => {
  const poolId = await makePool(deployment, keyArn, { AutoVerifiedAttributes: ['email'] })
  const bytesBefore = bytesIn(folderOf(east))
  const cpuBefore = deployment.cpuSeconds(east)
  const startedAtMs = performance.now()
  for (let from = 0; from < size; from += usersPerImport)
    await importUsers(poolId, from, Math.min(size, from + usersPerImport))
  const took = seconds(startedAtMs)
  report(
    `${size} users imported: ${Math.round(size / took)}/s, server CPU ${(((deployment.cpuSeconds(east) - cpuBefore) * 1_000) / size).toFixed(2)} ms each, ${((bytesIn(folderOf(east)) - bytesBefore) / size / 1_024).toFixed(1)} KiB on disk each with log and write-ahead log; resident memory ${Math.round(deployment.residentMiB(east))} MiB`,
  )
  const { UserPoolClient } = await client.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    }),
  )
  const names = Array.from(
    { length: signers },
    (_, index) => `person-${Math.floor((index * size) / signers)}`,
  )
  for (const Username of names)
    await client.send(
      new AdminSetUserPasswordCommand({
        UserPoolId: poolId,
        Username,
        Password: password,
        Permanent: true,
      }),
    )
  return { size, poolId, clientId: UserPoolClient?.ClientId ?? '', names }
}
type Pool = Awaited<ReturnType<typeof makePoolOf>>

/** The limit: the bare rows of as many users, one after the other, in transactions of 1,000, flushed each. */
const rawInserts = (count: number): number => {
  const file = join(deployment.dataFolder, 'raw.sqlite')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec(
    'CREATE TABLE records (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL)',
  )
  const insert = database.prepare('INSERT INTO records (key, value) VALUES (?, ?)')
  const value = new Uint8Array(700)
  const startedAtMs = performance.now()
  for (let at = 0; at < count; ) {
    database.exec('BEGIN')
    for (let n = 0; n < 1_000 && at < count; n += 1, at += 1) insert.run(`pool/users/${at}`, value)
    database.exec('COMMIT')
  }
  const rate = count / seconds(startedAtMs)
  database.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  return rate
}

const chosen = (pool: Pool): string => `person-${Math.floor(Math.random() * pool.size)}`
const signIn = (pool: Pool, region = east) =>
  deployment.cognito(region).send(
    new InitiateAuthCommand({
      ClientId: pool.clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: {
        USERNAME: pool.names[Math.floor(Math.random() * pool.names.length)] ?? '',
        PASSWORD: password,
      },
    }),
  )
const listUsers = (pool: Pool, Filter?: string) =>
  client.send(
    new ListUsersCommand({ UserPoolId: pool.poolId, Limit: 10, ...(Filter === undefined ? {} : { Filter }) }),
  )
const operations: Readonly<Record<string, (pool: Pool) => Promise<unknown>>> = {
  'password sign-in': (pool) => signIn(pool),
  AdminGetUser: (pool) =>
    client.send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: chosen(pool) })),
  'ListUsers, a page': (pool) => listUsers(pool),
  'ListUsers by equality': (pool) => listUsers(pool, `email = "${chosen(pool)}@example.com"`),
  'ListUsers by prefix': (pool) => listUsers(pool, `email ^= "${chosen(pool)}"`),
}

const pools = [await makePoolOf(smallSize), await makePoolOf(largeSize)] as const
for (const [name, run] of Object.entries(operations)) {
  const times: number[][] = [[], []]
  for (let round = 0; round < rounds; round += 1)
    for (const [index, pool] of pools.entries())
      for (let turn = 0; turn < repetitions; turn += 1) {
        const beganAtMs = performance.now()
        await run(pool)
        times[index]?.push(performance.now() - beganAtMs)
      }
  const [small = [], large = []] = times
  const at = (share: number): string =>
    `${percentile(small, share).toFixed(2)} and ${percentile(large, share).toFixed(2)} ms (${(percentile(large, share) / percentile(small, share)).toFixed(2)} x)`
  report(`${name} among ${smallSize} and ${largeSize} users: p50 ${at(0.5)}, p99 ${at(0.99)}`)
}

const [, large] = pools
/** Sign-ins, one after the other with a pause, until told to stop. */
const sampleSignIns = (isOver: () => boolean) =>
  load(
    1,
    3_600,
    async () => {
      await signIn(large)
      await new Promise((resolve) => setTimeout(resolve, 20))
    },
    isOver,
  )
const quietUntilMs = performance.now() + 5_000
const quiet = await sampleSignIns(() => performance.now() > quietUntilMs)
const memoryBefore = [east, west].map((region) => deployment.residentMiB(region))
const memoryMost = [...memoryBefore]
let isCopied = false
const busy = sampleSignIns(() => isCopied)
const watching = setInterval(() => {
  for (const [index, region] of [east, west].entries())
    memoryMost[index] = Math.max(memoryMost[index] ?? 0, deployment.residentMiB(region))
}, 100)
const copyStartedAtMs = performance.now()
await client.send(new CreateUserPoolReplicaCommand({ UserPoolId: large.poolId, RegionName: west }))
await eventually(
  () => statusOf(deployment, large.poolId, east, west),
  (status) => status === 'INACTIVE',
  3_600_000,
)
const copySeconds = seconds(copyStartedAtMs)
isCopied = true
clearInterval(watching)
const during = await busy
const raw = rawInserts(Math.min(largeSize, 200_000))
const p = (times: readonly number[], share: number): string => (percentile(times, share) - 20).toFixed(1)
report(
  `copy of ${largeSize} users: ${copySeconds.toFixed(1)} s, ${Math.round(largeSize / copySeconds)} users/s = ${((largeSize / copySeconds / raw) * 100).toFixed(0)} % of bare inserts of as many rows (${Math.round(raw)}/s); memory ${memoryBefore.map(Math.round).join(' and ')} MiB before, at most ${memoryMost.map(Math.round).join(' and ')} MiB; sign-in at the primary p50 ${p(quiet.times, 0.5)} ms, p99 ${p(quiet.times, 0.99)} ms before, ${p(during.times, 0.5)} and ${p(during.times, 0.99)} ms meanwhile`,
)

await client.send(
  new UpdateUserPoolReplicaCommand({ UserPoolId: large.poolId, RegionName: west, Status: 'ACTIVE' }),
)
await deployment.supervisor.kill(west)
let written = 0
const missed = await load(
  16,
  3_600,
  async () => {
    written += 1
    await client.send(
      new AdminSetUserPasswordCommand({
        UserPoolId: large.poolId,
        Username: chosen(large),
        Password: password,
        Permanent: false,
      }),
    )
  },
  () => written >= missedWrites,
)
const operator = (region: string) =>
  createOperatorClient({
    origin: deployment.origins[region] ?? '',
    region,
    credentials: deployment.supervisor.accessKey,
  })
const replicationAt = async (region: string): Promise<ReplicationShape> => {
  const answer = await operator(region).call('DescribeUserPoolReplication', { UserPoolId: large.poolId })
  return (answer as { Replication: ReplicationShape }).Replication
}
const { Position: ahead } = await replicationAt(east)
await deployment.supervisor.restart(west)
const { Position: behind } = await replicationAt(west)
const catchUpStartedAtMs = performance.now()
await eventually(
  () => replicationAt(west),
  ({ Position }) => Position >= ahead,
  3_600_000,
)
const catchUpSeconds = seconds(catchUpStartedAtMs)
report(
  `${written} writes at ${Math.round(missed.perSecond)}/s while the secondary was away; of them ${ahead - behind} were still missing when it answered again, caught up in ${catchUpSeconds.toFixed(2)} s: ${Math.round((ahead - behind) / Math.max(catchUpSeconds, 0.001))}/s`,
)
await deployment.close()
