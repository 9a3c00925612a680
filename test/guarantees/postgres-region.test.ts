// A Region of two nodes over one PostgreSQL database, as processes behind a load balancer, with a secondary elsewhere: nodes and the database die.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type CognitoIdentityProviderClient,
  GetUserCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NodeRegion, startNodeRegion } from '../support/node-region.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { eventually } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'

const acknowledged: string[] = []
let server: PostgresServer
let regions: NodeRegion
let pool: ReplicatedPool

beforeAll(async () => {
  server = await startPostgres()
  regions = await startNodeRegion(await server.newDatabase())
  pool = await makeReplicatedPool(regions)
}, 60_000)

afterAll(async () => {
  await regions?.close()
  await server?.close()
})

const createUser = async (Username: string): Promise<void> => {
  await regions
    .cognito(primaryRegion)
    .send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username, MessageAction: 'SUPPRESS' }))
  acknowledged.push(Username)
}

const isThere = async (region: string, Username: string): Promise<boolean> => {
  try {
    await regions.cognito(region).send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username }))
    return true
  } catch (error) {
    if ((error as Error).name === 'UserNotFoundException') return false
    throw error
  }
}

const expectAllOf = async (region: string): Promise<void> => {
  await eventually(
    () => isThere(region, acknowledged.at(-1) ?? ''),
    (isFound) => isFound,
  )
  for (const name of acknowledged) expect([name, await isThere(region, name)]).toEqual([name, true])
}

test('what one node writes the other one reads at once, and the secondary soon', async () => {
  for (let count = 0; count < 10; count += 1) {
    await createUser(`first-${count}`)
    for (const node of regions.nodes) {
      const client = regions.cognitoAt(node)
      const found = await client.send(
        new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: `first-${count}` }),
      )
      expect(found.Username).toBe(`first-${count}`)
      client.destroy()
    }
  }
  await expectAllOf(secondaryRegion)
})

test('the death of either node, the leading one included, loses nothing that was acknowledged and stops no replication', async () => {
  for (const node of regions.nodes) {
    let isWriting = true
    const writing = Promise.all(
      Array.from({ length: 4 }, async (_, writer) => {
        for (let count = 0; isWriting; count += 1)
          // Whoever was talking to the dead node gets no answer; what was answered counts.
          await createUser(`while-${node.port}-${writer}-${count}`).catch(() => undefined)
      }),
    )
    const before = acknowledged.length
    await eventually(
      async () => acknowledged.length,
      (count) => count > before + 20,
    )
    await node.kill()
    const after = acknowledged.length
    await eventually(
      async () => acknowledged.length,
      (count) => count > after + 20,
    )
    isWriting = false
    await writing
    await expectAllOf(secondaryRegion)
    await node.start()
  }
  await expectAllOf(primaryRegion)
})

test('a revocation at the secondary reaches every node, and one at any node the secondary', async () => {
  const revokeAt = async (region: string): Promise<void> => {
    const { accessToken, refreshToken } = await signIn(regions, region, pool)
    await regions
      .cognito(region)
      .send(new RevokeTokenCommand({ Token: refreshToken, ClientId: pool.appClientId }))
    const isRefused = async (client: CognitoIdentityProviderClient): Promise<boolean> => {
      try {
        await client.send(new GetUserCommand({ AccessToken: accessToken }))
        return false
      } catch (error) {
        return (error as Error).name === 'NotAuthorizedException'
      } finally {
        client.destroy()
      }
    }
    for (const node of regions.nodes)
      await eventually(
        () => isRefused(regions.cognitoAt(node)),
        (isIt) => isIt,
      )
    await eventually(
      () => isRefused(regions.cognito(secondaryRegion)),
      (isIt) => isIt,
    )
  }
  await revokeAt(secondaryRegion)
  for (const _ of regions.nodes) await revokeAt(primaryRegion)
})

test('after a crash of the database the Region serves again by itself, with everything, and replicates on', async () => {
  await server.crash()
  await expect(createUser('while-down')).rejects.toMatchObject({ name: 'InternalErrorException' })
  // The secondary needs nothing of it.
  expect((await signIn(regions, secondaryRegion, pool)).accessToken).toContain('.')
  await server.start()
  await eventually(
    () =>
      createUser('after-crash').then(
        () => true,
        () => false,
      ),
    (isDone) => isDone,
  )
  await expectAllOf(primaryRegion)
  await expectAllOf(secondaryRegion)
})
