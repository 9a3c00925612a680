// A Region of two nodes over a database with an asynchronous standby that lags: the database's primary is gone, the standby is promoted, and with it
// the Region is set back to a state that is older than its replica's.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import type { ReplicationShape } from '../../src/replication/operator-shapes.ts'
import { type NodeRegion, startNodeRegion } from '../support/node-region.ts'
import { type PostgresServer, type Standby, startPostgres, startStandby } from '../support/postgres.ts'
import { eventually } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'

const settings = ['fsync=off', 'full_page_writes=off']
let primary: PostgresServer
let standby: Standby
let regions: NodeRegion
let pool: ReplicatedPool

beforeAll(async () => {
  primary = await startPostgres(settings)
  const url = await primary.newDatabase()
  standby = await startStandby(primary, settings)
  regions = await startNodeRegion(
    url.replace(/(:\d+)\/(\w+)$/, `$1,127.0.0.1:${standby.port}/$2?target_session_attrs=read-write`),
  )
  pool = await makeReplicatedPool(regions)
}, 60_000)

afterAll(async () => {
  await regions?.close()
  await standby?.close()
  await primary?.close()
})

const createUser = (client: CognitoIdentityProviderClient, Username: string) =>
  client.send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username, MessageAction: 'SUPPRESS' }))

const isThere = (client: CognitoIdentityProviderClient, Username: string): Promise<boolean> =>
  client.send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username })).then(
    () => true,
    (error: Error) => {
      if (error.name === 'UserNotFoundException') return false
      throw error
    },
  )

const operatorAt = (region: string) =>
  createOperatorClient({
    origin: regions.origins[region] ?? '',
    region,
    credentials: regions.credentials,
  })
const describeAt = async (region: string): Promise<ReplicationShape> => {
  const answer = await operatorAt(region).call('DescribeUserPoolReplication', { UserPoolId: pool.poolId })
  return (answer as { Replication: ReplicationShape }).Replication
}
const described = (region: string): Promise<Partial<ReplicationShape>> => describeAt(region).catch(() => ({}))

test('a Region whose database was set back says so and takes no write at any node, the replica keeps what was lost, and takes over with it', async () => {
  const clients = regions.nodes.map((node) => regions.cognitoAt(node))
  const [one, two] = clients
  if (one === undefined || two === undefined) throw new Error('there are two nodes')
  const west = regions.cognito(secondaryRegion)
  await createUser(one, 'kept')
  await eventually(
    () => isThere(west, 'kept'),
    (is) => is,
  )
  await standby.detach()
  const lost = Array.from({ length: 12 }, (_, count) => `lost-${count}`)
  for (const [count, name] of lost.entries()) await createUser(count % 2 === 0 ? one : two, name)
  await eventually(
    () => isThere(west, lost.at(-1) ?? ''),
    (is) => is,
  )
  const ahead = await describeAt(secondaryRegion)

  // Writers go on all the time, also while the Region finds out.
  let isWriting = true
  const written: string[] = []
  const writing = clients.map(async (client, node) => {
    for (let count = 0; isWriting; count += 1) {
      const name = `after-${node}-${count}`
      await createUser(client, name).then(
        () => written.push(name),
        () => undefined,
      )
    }
  })
  await primary.kill()
  await standby.promote()
  const older = await eventually(
    () => described(primaryRegion),
    ({ OlderThan }) => OlderThan !== undefined,
    30_000,
  )
  isWriting = false
  await Promise.all(writing)
  expect(older).toMatchObject({
    Role: 'PRIMARY',
    OlderThan: { RegionName: secondaryRegion },
    TakesWrites: false,
  })
  expect(older.Position).toBeLessThan(ahead.Position)

  // What was lost is lost at either node alike, and nothing of it is served from a node's memory.
  for (const client of [one, two])
    for (const name of [...lost, ...written])
      expect([name, await isThere(client, name)]).toEqual([name, false])
  for (const name of ['kept', ...lost]) expect([name, await isThere(west, name)]).toEqual([name, true])
  for (const region of [primaryRegion, secondaryRegion])
    expect((await signIn(regions, region, pool)).accessToken).toContain('.')

  await operatorAt(secondaryRegion).call('PromoteUserPoolReplica', { UserPoolId: pool.poolId, Force: true })
  await eventually(
    () => Promise.all([described(primaryRegion), described(secondaryRegion)]),
    ([here, there]) => here.Role === 'SECONDARY' && here.Digest !== undefined && here.Digest === there.Digest,
  )
  for (const name of ['kept', ...lost])
    for (const client of [one, two, west]) expect([name, await isThere(client, name)]).toEqual([name, true])
  await createUser(west, 'after')
  for (const client of [one, two])
    await eventually(
      () => isThere(client, 'after'),
      (is) => is,
    )
}, 60_000)
