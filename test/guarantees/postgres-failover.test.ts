// A Region of two nodes over a database with a synchronous standby: the machine of the database's primary is gone, and the standby is promoted.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { Client } from 'pg'
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
  await standby.makeSynchronous()
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

const describeAt = async (region: string): Promise<ReplicationShape> => {
  const { credentials, origins } = regions
  const operator = createOperatorClient({ origin: origins[region] ?? '', region, credentials })
  const answer = await operator.call('DescribeUserPoolReplication', { UserPoolId: pool.poolId })
  return (answer as { Replication: ReplicationShape }).Replication
}

/** How far each Region is and what it then holds; nothing alike while the lead node changes. */
const standings = (): Promise<readonly string[]> =>
  Promise.all([describeAt(primaryRegion), describeAt(secondaryRegion)]).then(
    (both) => both.map(({ Position, Digest }) => `${Position} ${Digest}`),
    (error: Error) => [error.name],
  )

test('both nodes go on within seconds, nothing acknowledged is lost at either Region, one node leads and replication goes on', async () => {
  const clients = regions.nodes.map((node) => regions.cognitoAt(node))
  const acknowledged: string[][] = clients.map(() => [])
  let isWriting = true
  const writing = clients.flatMap((client, node) =>
    [0, 1, 2].map(async (writer) => {
      for (let count = 0; isWriting; count += 1) {
        const name = `node-${node}-${writer}-${count}`
        // What was answered counts.
        const isAnswered = await createUser(client, name).then(
          () => true,
          (error: Error) => {
            expect(error.name).toBe('InternalErrorException')
            return false
          },
        )
        if (isAnswered) acknowledged[node]?.push(name)
      }
    }),
  )
  const grown = (by: number): Promise<unknown> => {
    const before = acknowledged.map((names) => names.length)
    return eventually(
      async () => acknowledged.map((names, node) => names.length - (before[node] ?? 0)),
      (growths) => growths.every((growth) => growth > by),
    )
  }
  await grown(20)
  await primary.kill()
  const killedAtMs = Date.now()
  await standby.promote()
  await grown(0)
  expect(Date.now() - killedAtMs).toBeLessThan(10_000)
  await grown(20)
  isWriting = false
  await Promise.all(writing)

  // What only one node of the Region may do works again, and only one holds the lock.
  await eventually(standings, ([here, there]) => here === there)
  const database = new Client({ connectionString: standby.urlOf('test_1') })
  await database.connect()
  const { rows } = await eventually(
    () =>
      database.query(
        `SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
         WHERE locktype = 'advisory' AND granted AND datname = current_database()`,
      ),
    (found) => found.rows.length > 0,
  )
  await database.end()
  expect(rows).toHaveLength(1)

  const [one] = clients
  if (one === undefined) throw new Error('there are two nodes')
  const secondary = regions.cognito(secondaryRegion)
  for (const name of acknowledged.flat()) {
    expect([name, await isThere(one, name)]).toEqual([name, true])
    expect([name, await isThere(secondary, name)]).toEqual([name, true])
  }
  for (const region of [primaryRegion, secondaryRegion])
    expect((await signIn(regions, region, pool)).accessToken).toContain('.')
})
