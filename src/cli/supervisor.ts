// A whole deployment on one machine: the router and every Region, each a process of its own, from one data folder.

import { isIP } from 'node:net'
import type { RegionConfiguration } from '../region/configuration.ts'
import { routerTokenOf } from '../region/deployment-secrets.ts'
import type { RouterConfiguration } from '../routing/configuration.ts'
import { type Clock, type Random, systemClock, systemRandom } from '../telemetry/clock.ts'
import { type DataFolder, takeDataFolder, writePrivateFile } from './data-folder.ts'
import { type AccessKey, type Deployment, openDeployment, type RequestedDeployment } from './deployment.ts'
import { prepareTls, tlsNames } from './development-tls.ts'
import type { DeploymentEndpoints } from './endpoints.ts'
import { findPorts } from './ports.ts'
import { createSupervisedProcess, type SupervisedProcess } from './supervised-process.ts'

export type LogLevel = RegionConfiguration['logLevel']

export type SupervisorOptions = RequestedDeployment & {
  readonly dataFolder: string
  readonly host: string
  /** Of the router; the Regions have the ports after it. 0 takes any free ports. */
  readonly port: number
  readonly isTls: boolean
  readonly baseDomain?: string | undefined
  /** The port of names under the base domain, where it is not the router's. */
  readonly publicPort?: number | undefined
  /** Of load balancers before the router. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Where the Regions run Lambda triggers. */
  readonly lambda?: RegionConfiguration['lambda']
  /** The list of passwords that threat protection refuses. */
  readonly compromisedPasswordsFile?: string | undefined
  /** How the Regions send messages to users. */
  readonly messages?: RegionConfiguration['messages']
  /** Where the Regions deliver logs of user pools to. */
  readonly logs?: RegionConfiguration['logs']
  readonly logLevel: LogLevel
  readonly logDescriptor: number
  readonly isRestarted: boolean
  readonly say: (line: string) => void
  /** Gives up while it is starting, and stops what runs already. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
}

export type Supervisor = {
  readonly endpoints: DeploymentEndpoints
  /** Signs calls to every Region as the account's root. */
  readonly accessKey: AccessKey
  /** SIGKILL to a Region's process; it stays dead until `restart`. */
  kill(region: string): Promise<void>
  /** Resolves when the Region is ready again. */
  restart(region: string): Promise<void>
  pid(region: string): number | undefined
  /** Stops everything and gives the data folder back. */
  stop(): Promise<void>
}

type Plan = {
  readonly endpoints: DeploymentEndpoints
  readonly regionConfigurations: readonly RegionConfiguration[]
  readonly routerConfiguration: RouterConfiguration
}

/** How the machine itself reaches a server that listens on `host`. */
const reachable = (host: string): string => {
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return address.includes(':') ? `[${address}]` : address
}

/** A shorter one is for development and CI. */
const secretCharactersMin = 16
const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)

/** From where the router, on the same machine, calls Regions that listen on `host`. */
const routerAddresses = (host: string): string[] => ['loopback', ...(isIP(host) === 0 ? [] : [host])]

/** Every process's configuration, and what the world is told. */
const plan = (
  options: SupervisorOptions,
  deployment: Deployment,
  folder: DataFolder,
  ports: readonly number[],
): Plan => {
  const random = options.random ?? systemRandom
  const { host, baseDomain, publicPort, lambda, compromisedPasswordsFile, messages, logs, logLevel } = options
  const tls = options.isTls
    ? prepareTls(folder, tlsNames(host, deployment.regions, baseDomain), options.clock ?? systemClock, random)
    : undefined
  const originOf = (port: number): string =>
    `${tls === undefined ? 'http' : 'https'}://${reachable(host)}:${port}`
  const [routerPort = 0, ...regionPorts] = ports
  const routerOrigin = originOf(routerPort)
  const regions = deployment.regions.map((name, index) => {
    const port = regionPorts[index] ?? 0
    return { name, port, origin: originOf(port) }
  })
  const { account, accessKeys, deploymentSecret } = deployment
  const peers = Object.fromEntries(regions.map(({ name, origin }) => [name, origin]))
  const regionConfigurations = regions.map(
    ({ name, port, origin }): RegionConfiguration => ({
      region: name,
      account,
      host,
      port,
      dataFolder: folder.file(name),
      origin,
      routerOrigin,
      baseDomain,
      publicPort,
      peers,
      accessKeys,
      trustedProxies: routerAddresses(host),
      deploymentSecret,
      tls,
      lambda,
      ...(compromisedPasswordsFile === undefined ? {} : { compromisedPasswordsFile }),
      messages,
      logs,
      dataKeyLifetimeSeconds: 60,
      logLevel,
    }),
  )
  const routerConfiguration: RouterConfiguration = {
    host,
    port: routerPort,
    origin: routerOrigin,
    baseDomain,
    trustedProxies: [...(options.trustedProxies ?? [])],
    tls,
    logLevel,
    regions: regions.map(({ name, origin }) => ({ name, origin })),
    routerToken: routerTokenOf(deploymentSecret),
  }
  const endpoints: DeploymentEndpoints = {
    router: routerOrigin,
    regions: peers,
    account,
    baseDomain,
    dataFolder: folder.path,
    authorityFile: tls?.authorityFile,
  }
  return { endpoints, regionConfigurations, routerConfiguration }
}

/** Rejects when one doesn't start, once all have come to an end of starting. */
const startAll = async (
  processes: readonly SupervisedProcess[],
  signal: AbortSignal | undefined,
): Promise<void> => {
  const starts = await Promise.allSettled(processes.map((one) => one.start()))
  signal?.throwIfAborted()
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/**
 * Starts everything; resolves when all of it is ready. Rejects with CliFailure (folder in use, port in use, a process that does not
 * start), with nothing left running.
 */
export const startSupervisor = async (options: SupervisorOptions): Promise<Supervisor> => {
  const folder = takeDataFolder(options.dataFolder)
  const processes: SupervisedProcess[] = []
  const byRegion = new Map<string, SupervisedProcess>()

  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= Promise.all(processes.map((one) => one.stop())).then(() => folder.release())
    return stopping
  }

  const add = (name: string, command: string, configuration: object, file: string): SupervisedProcess => {
    writePrivateFile(file, `${JSON.stringify(configuration, undefined, 2)}\n`)
    const { logDescriptor, isRestarted, say } = options
    const commandLine = [command, '--configuration', file]
    const added = createSupervisedProcess({ name, arguments: commandLine, logDescriptor, isRestarted, say })
    processes.push(added)
    return added
  }

  try {
    const random = options.random ?? systemRandom
    const deployment = openDeployment(folder.file('deployment.json'), options, random)
    const [accessKey] = deployment.accessKeys
    if (accessKey === undefined) throw new TypeError('a deployment has at least one access key')
    if (accessKey.secretAccessKey.length < secretCharactersMin && !isLoopback(options.host))
      options.say(
        `The secret of access key ${accessKey.accessKeyId} is short: whoever reaches ${options.host} and guesses it may do everything.`,
      )
    const ports = await findPorts(options.host, options.port, 1 + deployment.regions.length)
    const { endpoints, regionConfigurations, routerConfiguration } = plan(options, deployment, folder, ports)
    for (const configuration of regionConfigurations) {
      const { region } = configuration
      byRegion.set(region, add(`Region ${region}`, 'region', configuration, folder.file(`${region}.json`)))
    }
    const router = add('The router', 'router', routerConfiguration, folder.file('router.json'))
    options.signal?.throwIfAborted()
    options.signal?.addEventListener('abort', () => void stop(), { once: true })
    await startAll([...byRegion.values()], options.signal)
    // After the Regions, so that its first look at them finds them well.
    await startAll([router], options.signal)
    writePrivateFile(folder.file('endpoints.json'), `${JSON.stringify(endpoints, undefined, 2)}\n`)
    const processOf = (region: string): SupervisedProcess => {
      const found = byRegion.get(region)
      if (found === undefined) throw new RangeError(`${region} is not a Region of this deployment`)
      return found
    }
    return {
      endpoints,
      accessKey,
      kill: (region) => processOf(region).kill(),
      restart: (region) => processOf(region).start(),
      pid: (region) => processOf(region).pid(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
