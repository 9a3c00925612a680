// A primary Region of two nodes over one PostgreSQL database, each a process, behind a load balancer; and a secondary Region with files of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { type RegionConfiguration, regionConfiguration } from '../../src/region/configuration.ts'
import { type RunningRegion, startRegion } from '../../src/region/start-region.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { type Command, runCommand } from '../cli/support/command.ts'
import { startLoadBalancer } from './load-balancer.ts'
import { account, freePorts } from './regions.ts'
import { primaryRegion, type RegionClients, secondaryRegion } from './replicated-pool.ts'

export type Node = {
  /** Of its process, while it runs. */
  pid(): number | undefined
  readonly port: number
  readonly origin: string
  start(): Promise<void>
  kill(): Promise<void>
}

export type NodeRegion = RegionClients & {
  readonly nodes: readonly [Node, Node]
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** A client of one node of the primary Region, past the load balancer. */
  cognitoAt(node: Node): CognitoIdentityProviderClient
  /** The secondary Region, which serves at first. */
  stopSecondary(): Promise<void>
  startSecondary(): Promise<void>
  close(): Promise<void>
}

const newNode = (folder: string, port: number, configuration: object): Node => {
  const configurationFile = join(folder, `node-${port}.json`)
  writeFileSync(configurationFile, JSON.stringify(configuration), { mode: 0o600 })
  let command: Command | undefined
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    pid: () => command?.child.pid,
    start: async () => {
      command = runCommand('region', '--configuration', configurationFile)
      const { type } = JSON.parse(await command.firstLine()) as { readonly type?: string }
      if (type !== 'ready') throw new Error('the node does not serve')
    },
    kill: async () => {
      command?.child.kill('SIGKILL')
      await command?.ended
      command = undefined
    },
  }
}

/** `url` is the database of the primary Region. */
export const startNodeRegion = async (
  url: string,
  options: { readonly lambda?: RegionConfiguration['lambda'] } = {},
): Promise<NodeRegion> => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-nodes-'))
  const credentials = { accessKeyId: 'AKIDNODES', secretAccessKey: systemRandom.bytes(30).toString('base64') }
  const [secondaryPort = 0, onePort = 0, otherPort = 0] = await freePorts(3)
  const balancer = await startLoadBalancer(() => [onePort, otherPort])
  const primaryOrigin = `http://127.0.0.1:${balancer.port}`
  const origins: Record<string, string> = {
    [primaryRegion]: primaryOrigin,
    [secondaryRegion]: `http://127.0.0.1:${secondaryPort}`,
  }
  const common = {
    account,
    host: '127.0.0.1',
    routerOrigin: primaryOrigin,
    peers: origins,
    accessKeys: [credentials],
    deploymentSecret: systemRandom.bytes(32).toString('base64'),
    logLevel: 'silent',
    ...options,
  }
  const nodeAt = (port: number): Node =>
    newNode(folder, port, {
      ...common,
      region: primaryRegion,
      port,
      // The nodes share their folder for the root key that lies in it.
      dataFolder: join(folder, primaryRegion),
      origin: primaryOrigin,
      postgres: { url, nodeOrigin: `http://127.0.0.1:${port}` },
    })
  const nodes = [nodeAt(onePort), nodeAt(otherPort)] as const
  const secondaryConfiguration = regionConfiguration.parse({
    ...common,
    region: secondaryRegion,
    port: secondaryPort,
    dataFolder: join(folder, secondaryRegion),
    origin: origins[secondaryRegion],
  })
  let secondary: RunningRegion | undefined
  const startSecondary = async (): Promise<void> => {
    secondary = await startRegion(secondaryConfiguration)
  }
  const stopSecondary = async (): Promise<void> => {
    await secondary?.close()
    secondary = undefined
  }
  await startSecondary()
  await Promise.all(nodes.map((node) => node.start()))
  const cognitoOf = (region: string, endpoint: string | undefined) =>
    new CognitoIdentityProviderClient({ region, endpoint: endpoint ?? '', credentials, maxAttempts: 1 })
  return {
    origins,
    nodes,
    credentials,
    // A client that keeps no connection, so that the load balancer gives it both nodes.
    cognito: (region) => cognitoOf(region, origins[region]),
    cognitoAt: (node) => cognitoOf(primaryRegion, node.origin),
    startSecondary,
    stopSecondary,
    kms: (region) => new KMSClient({ region, endpoint: origins[region] ?? '', credentials, maxAttempts: 1 }),
    close: async () => {
      await Promise.all(nodes.map((node) => node.kill()))
      await stopSecondary()
      await balancer.close()
      rmSync(folder, { recursive: true })
    },
  }
}
