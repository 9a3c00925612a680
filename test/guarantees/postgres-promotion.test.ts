// Promotion away from a Region of two nodes and back while both take writes: the fence lies in the store, so it holds for every node at once.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type CognitoIdentityProviderClient,
  ListUsersCommand,
  SignUpCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import type { ReplicationShape, TakeoverShape } from '../../src/replication/operator-shapes.ts'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { type NodeRegion, startNodeRegion } from '../support/node-region.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { eventually } from '../support/regions.ts'
import {
  primaryRegion as east,
  makeReplicatedPool,
  type ReplicatedPool,
  signIn,
  secondaryRegion as west,
} from '../support/replicated-pool.ts'

let server: PostgresServer
let url: string
let lambda: LambdaEndpoint
let regions: NodeRegion
let pool: ReplicatedPool
/** One for each node of the Region in the east, and the other Region's. */
let atNodes: readonly CognitoIdentityProviderClient[]
let atWest: CognitoIdentityProviderClient

beforeAll(async () => {
  server = await startPostgres(['fsync=off', 'full_page_writes=off'])
  lambda = await startLambdaEndpoint()
  url = await server.newDatabase()
  regions = await startNodeRegion(url, { lambda: { endpoint: lambda.origin } })
  pool = await makeReplicatedPool(regions)
  atNodes = regions.nodes.map((node) => regions.cognitoAt(node))
  atWest = regions.cognito(west)
}, 60_000)

afterAll(async () => {
  await regions?.close()
  await lambda?.close()
  await server?.close()
})

const call = (region: string, operation: string, input: object = {}): Promise<unknown> =>
  createOperatorClient({
    origin: regions.origins[region] ?? '',
    region,
    credentials: regions.credentials,
  }).call(operation, { UserPoolId: pool.poolId, ...input })

const promote = async (region: string): Promise<TakeoverShape> =>
  ((await call(region, 'PromoteUserPoolReplica')) as { readonly Takeover: TakeoverShape }).Takeover

const describeAt = async (region: string): Promise<ReplicationShape> =>
  ((await call(region, 'DescribeUserPoolReplication')) as { readonly Replication: ReplicationShape })
    .Replication

const follows = (region: string): Promise<unknown> =>
  eventually(
    () => describeAt(region),
    ({ Role, FollowerState, Status }) =>
      Role === 'SECONDARY' && FollowerState === 'following' && Status === 'ACTIVE',
  )

/** At the same position with the same digest, each as it says itself. */
const expectEqual = async (): Promise<void> => {
  await eventually(
    async () => (await Promise.all([describeAt(east), describeAt(west)])).map(({ Position }) => Position),
    ([here, there]) => here === there,
  )
  const [here, there] = [await describeAt(east), await describeAt(west)]
  expect([here.Position, here.Digest]).toEqual([there.Position, there.Digest])
}

const createUser = (client: CognitoIdentityProviderClient, Username: string) =>
  client.send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username, MessageAction: 'SUPPRESS' }))

const expectUsers = async (client: CognitoIdentityProviderClient, names: readonly string[]) => {
  for (const Username of names) {
    const found = await client.send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username }))
    expect(found.Username).toBe(Username)
  }
}

type Writer = { readonly acknowledged: string[]; readonly refusals: Set<string> }

/** Writes at each of the clients all the time, whether they take it or not. */
const keepWriting = (name: string, clients: readonly CognitoIdentityProviderClient[]) => {
  const stopping = new AbortController()
  const writers = clients.map((): Writer => ({ acknowledged: [], refusals: new Set() }))
  const ended = Promise.all(
    clients.flatMap((client, index) =>
      ['a', 'b'].map(async (half) => {
        for (let count = 0; !stopping.signal.aborted; count += 1) {
          const username = `${name}-${index}-${half}-${count}`
          await createUser(client, username).then(
            () => writers[index]?.acknowledged.push(username),
            (error: Error) => writers[index]?.refusals.add(error.name),
          )
        }
      }),
    ),
  )
  return {
    writers,
    acknowledged: () => writers.flatMap(({ acknowledged }) => acknowledged),
    /** Resolves when the writers with these indexes have got that many more acknowledged. */
    grown: (by: number, indexes: readonly number[]): Promise<unknown> => {
      const before = writers.map(({ acknowledged }) => acknowledged.length)
      return eventually(
        async () => indexes.map((index) => (writers[index]?.acknowledged.length ?? 0) - (before[index] ?? 0)),
        (growths) => growths.every((growth) => growth >= by),
      )
    },
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

test('promoted to the other Region and back while both nodes and it are written to, no write is lost and none gets in beside', async () => {
  const writing = keepWriting('promoted', [...atNodes, atWest])
  await writing.grown(20, [0, 1])
  expect(await promote(west)).toMatchObject({ Epoch: 1, RegionName: west, Forced: false })
  for (const client of atNodes)
    await expect(createUser(client, 'refused')).rejects.toMatchObject({
      name: 'OperationNotEnabledException',
    })
  await writing.grown(20, [2])
  await follows(east)
  expect(await promote(east)).toMatchObject({ Epoch: 2, RegionName: east, Forced: false })
  await writing.grown(20, [0, 1])
  await writing.stop()
  expect(writing.writers.map(({ refusals }) => [...refusals])).toEqual(
    writing.writers.map(() => ['OperationNotEnabledException']),
  )
  await expectEqual()
  for (const client of [...atNodes, atWest]) await expectUsers(client, writing.acknowledged())
  for (const region of [east, west]) {
    expect((await describeAt(region)).SetAsideCount).toBe(0)
    await signIn(regions, region, pool)
  }
}, 60_000)

test('a request that a node took before the promotion, and ends after it, changes nothing, and is told who the primary is', async () => {
  await follows(west)
  let release: (() => void) | undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  lambda.define('held', async (event) => {
    await released
    return { ...event, response: { autoConfirmUser: true } }
  })
  await atNodes[0]?.send(
    new UpdateUserPoolCommand({ UserPoolId: pool.poolId, LambdaConfig: { PreSignUp: functionArn('held') } }),
  )
  const signUps = Promise.all(
    atNodes.map((client, index) =>
      client
        .send(
          new SignUpCommand({
            ClientId: pool.appClientId,
            Username: `held-${index}`,
            Password: 'Unguessable-1',
          }),
        )
        .then(
          () => 'signed up',
          (error: Error) => error.name,
        ),
    ),
  )
  await eventually(
    async () => lambda.callsOf('PreSignUp_SignUp').length,
    (count) => count === atNodes.length,
  )
  expect(await promote(west)).toMatchObject({ Epoch: 3, RegionName: west })
  release?.()
  expect(await signUps).toEqual(atNodes.map(() => 'OperationNotEnabledException'))
  await follows(east)
  await expectEqual()
  for (const client of [...atNodes, atWest]) {
    const found = await client.send(
      new ListUsersCommand({ UserPoolId: pool.poolId, Filter: 'username ^= "held-"' }),
    )
    expect(found.Users).toEqual([])
  }
  expect((await describeAt(east)).SetAsideCount).toBe(0)
  expect(await promote(east)).toMatchObject({ Epoch: 4, RegionName: east })
  for (const [index, client] of atNodes.entries()) await createUser(client, `after-${index}`)
})

test('when the lead node dies while it hands over, the pool stays where it is, and the other node takes writes and leads', async () => {
  await follows(west)
  const database = new Client({ connectionString: url })
  await database.connect()
  const { rows } = await database.query<{ readonly origin: string }>('SELECT origin FROM twinpool.leader')
  const leadIndex = regions.nodes.findIndex(({ origin }) => origin === rows[0]?.origin)
  const lead = regions.nodes[leadIndex]
  const atOther = atNodes[1 - leadIndex]
  if (lead === undefined || atOther === undefined) throw new Error('no node leads')
  await createUser(atOther, 'before-the-death')
  // It has noted that it hands over, and can't raise its fence.
  await database.query('BEGIN')
  await database.query('SELECT 1 FROM twinpool.scopes WHERE scope = $1 FOR UPDATE', [`@fence-${pool.poolId}`])
  const promoting = promote(west).then(
    () => 'promoted',
    (error: Error) => error.name,
  )
  await eventually(
    () => describeAt(east),
    ({ TakesWrites }) => !TakesWrites,
  )
  await lead.kill()
  await database.query('ROLLBACK')
  await database.end()
  expect(await promoting).toBe('ServiceUnavailable')
  const refusals = new Set<string>()
  await eventually(
    () =>
      createUser(atOther, 'after-the-death').then(
        () => true,
        (error: Error) => {
          refusals.add(error.name)
          return false
        },
      ),
    (isDone) => isDone,
  )
  for (const name of refusals) expect(name).toBe('OperationNotEnabledException')
  await lead.start()
  expect(await promote(west)).toMatchObject({ RegionName: west })
  await expectUsers(atWest, ['before-the-death', 'after-the-death'])
  await follows(east)
  expect(await promote(east)).toMatchObject({ RegionName: east })
  await expectEqual()
})

test('in the synchronous mode either node acknowledges what the other Region has, and nothing while that is away', async () => {
  await follows(west)
  await call(east, 'SetUserPoolAcknowledgement', { Mode: 'SYNCHRONOUS', WhenNoneAnswers: 'REFUSE' })
  for (const [index, client] of atNodes.entries())
    for (let count = 0; count < 10; count += 1) {
      const username = `synchronous-${index}-${count}`
      await createUser(client, username)
      await expectUsers(atWest, [username])
    }
  await regions.stopSecondary()
  // The first to find out is stored and says that it is not confirmed; what comes after changes nothing.
  for (const [index, client] of atNodes.entries())
    await expect(createUser(client, `alone-${index}`)).rejects.toMatchObject({
      name: 'InternalErrorException',
      message: expect.stringContaining(index === 0 ? 'no replica confirmed it' : 'Nothing was changed'),
    })
  await regions.startSecondary()
  await eventually(
    () =>
      createUser(atNodes[1] ?? atWest, 'confirmed-again').then(
        () => true,
        () => false,
      ),
    (isDone) => isDone,
  )
  await expectUsers(atWest, ['alone-0', 'confirmed-again'])
  await expect(expectUsers(atWest, ['alone-1'])).rejects.toMatchObject({ name: 'UserNotFoundException' })
  for (const [index, client] of atNodes.entries()) await createUser(client, `confirmed-${index}`)
  await expectUsers(atWest, ['confirmed-0', 'confirmed-1'])
})
