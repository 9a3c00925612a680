// A Region of two nodes over one PostgreSQL database, as processes behind a load balancer, with a secondary elsewhere: nodes and the database die.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  GetUserCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { regionConfiguration } from '../../src/region/configuration.ts'
import { type RunningRegion, startRegion } from '../../src/region/start-region.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { type Command, runCommand } from '../cli/support/command.ts'
import { type LoadBalancer, startLoadBalancer } from '../support/load-balancer.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { account, eventually, freePorts } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type RegionClients,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'

type Node = { readonly port: number; readonly configurationFile: string; command: Command | undefined }

const folder = mkdtempSync(join(tmpdir(), 'twinpool-nodes-'))
const credentials = { accessKeyId: 'AKIDNODES', secretAccessKey: systemRandom.bytes(30).toString('base64') }
const acknowledged: string[] = []
let server: PostgresServer
let balancer: LoadBalancer
let nodes: Node[]
let secondary: RunningRegion
let clients: RegionClients
let pool: ReplicatedPool

const startNode = async (node: Node): Promise<void> => {
  node.command = runCommand('region', '--configuration', node.configurationFile)
  expect(JSON.parse(await node.command.firstLine())).toMatchObject({ type: 'ready' })
}

const killNode = async (node: Node): Promise<void> => {
  node.command?.child.kill('SIGKILL')
  await node.command?.ended
  node.command = undefined
}

beforeAll(async () => {
  server = await startPostgres()
  const url = await server.newDatabase()
  const [secondaryPort = 0, ...nodePorts] = await freePorts(3)
  nodes = []
  balancer = await startLoadBalancer(() => nodes.map(({ port }) => port))
  const origins: Record<string, string> = {
    [primaryRegion]: `http://127.0.0.1:${balancer.port}`,
    [secondaryRegion]: `http://127.0.0.1:${secondaryPort}`,
  }
  const common = {
    account,
    host: '127.0.0.1',
    routerOrigin: origins[primaryRegion],
    peers: origins,
    accessKeys: [credentials],
    deploymentSecret: systemRandom.bytes(32).toString('base64'),
    logLevel: 'silent',
  }
  nodes = nodePorts.map((port) => {
    const configurationFile = join(folder, `node-${port}.json`)
    const configuration = {
      ...common,
      region: primaryRegion,
      port,
      // The nodes share their folder for the root key that lies in it.
      dataFolder: join(folder, primaryRegion),
      origin: origins[primaryRegion],
      postgres: { url, nodeOrigin: `http://127.0.0.1:${port}` },
    }
    writeFileSync(configurationFile, JSON.stringify(configuration), { mode: 0o600 })
    return { port, configurationFile, command: undefined }
  })
  secondary = await startRegion(
    regionConfiguration.parse({
      ...common,
      region: secondaryRegion,
      port: secondaryPort,
      dataFolder: join(folder, secondaryRegion),
      origin: origins[secondaryRegion],
    }),
  )
  await Promise.all(nodes.map(startNode))
  clients = {
    origins,
    // A client that keeps no connection, so that the load balancer gives it both nodes.
    cognito: (region) =>
      new CognitoIdentityProviderClient({
        region,
        endpoint: origins[region] ?? '',
        credentials,
        maxAttempts: 1,
      }),
    kms: (region) => new KMSClient({ region, endpoint: origins[region] ?? '', credentials, maxAttempts: 1 }),
  }
  pool = await makeReplicatedPool(clients)
}, 60_000)

afterAll(async () => {
  await Promise.all((nodes ?? []).map(killNode))
  await secondary?.close()
  await balancer?.close()
  await server?.close()
  rmSync(folder, { recursive: true })
})

const createUser = async (Username: string): Promise<void> => {
  await clients
    .cognito(primaryRegion)
    .send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username, MessageAction: 'SUPPRESS' }))
  acknowledged.push(Username)
}

const isThere = async (region: string, Username: string): Promise<boolean> => {
  try {
    await clients.cognito(region).send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username }))
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
    for (const { port } of nodes) {
      const node = new CognitoIdentityProviderClient({
        region: primaryRegion,
        endpoint: `http://127.0.0.1:${port}`,
        credentials,
      })
      const found = await node.send(
        new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: `first-${count}` }),
      )
      expect(found.Username).toBe(`first-${count}`)
      node.destroy()
    }
  }
  await expectAllOf(secondaryRegion)
})

test('the death of either node, the leading one included, loses nothing that was acknowledged and stops no replication', async () => {
  for (const node of nodes) {
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
    await killNode(node)
    const after = acknowledged.length
    await eventually(
      async () => acknowledged.length,
      (count) => count > after + 20,
    )
    isWriting = false
    await writing
    await expectAllOf(secondaryRegion)
    await startNode(node)
  }
  await expectAllOf(primaryRegion)
})

test('a revocation at the secondary reaches every node, and one at any node the secondary', async () => {
  const revokeAt = async (region: string): Promise<void> => {
    const { accessToken, refreshToken } = await signIn(clients, region, pool)
    await clients
      .cognito(region)
      .send(new RevokeTokenCommand({ Token: refreshToken, ClientId: pool.appClientId }))
    const isRefused = async (endpoint: string | undefined, where: string): Promise<boolean> => {
      const client = new CognitoIdentityProviderClient({
        region: where,
        endpoint: endpoint ?? '',
        credentials,
      })
      try {
        await client.send(new GetUserCommand({ AccessToken: accessToken }))
        return false
      } catch (error) {
        return (error as Error).name === 'NotAuthorizedException'
      } finally {
        client.destroy()
      }
    }
    for (const { port } of nodes)
      await eventually(
        () => isRefused(`http://127.0.0.1:${port}`, primaryRegion),
        (isIt) => isIt,
      )
    await eventually(
      () => isRefused(clients.origins[secondaryRegion], secondaryRegion),
      (isIt) => isIt,
    )
  }
  await revokeAt(secondaryRegion)
  for (const _ of nodes) await revokeAt(primaryRegion)
})

test('after a crash of the database the Region serves again by itself, with everything, and replicates on', async () => {
  await server.crash()
  await expect(createUser('while-down')).rejects.toMatchObject({ name: 'InternalErrorException' })
  // The secondary needs nothing of it.
  expect((await signIn(clients, secondaryRegion, pool)).accessToken).toContain('.')
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
