// Two ends of the port between Regions, with nothing of a Region behind them, in the test's process.
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createPeerEndpoint, refuseOutsider } from '../../../src/region/peer-endpoint.ts'
import { createPeerIdentity, type PeerIdentity } from '../../../src/region/peer-identity.ts'
import { createPeerListener, type PeerListener } from '../../../src/region/peer-listener.ts'
import { createPeerTransport } from '../../../src/region/peer-transport.ts'
import { isTunnelRequest } from '../../../src/region/peer-tunnel.ts'
import type { PeerHandlers } from '../../../src/replication/peer-port.ts'
import { systemClock, systemRandom } from '../../../src/telemetry/clock.ts'
import { createLogger } from '../../../src/telemetry/log.ts'
import type { DataKey } from '../../../src/vault/envelope.ts'
import { derivedKeySeedBytes } from '../../../src/x509/derived-key.ts'
import type { Ending } from '../../support/proxy.ts'

const log = createLogger({ level: 'silent', region: 'test' })
export const deploymentKey: DataKey = { id: 1, bytes: randomBytes(32) }
const deploymentSeed = randomBytes(derivedKeySeedBytes)
export const regions = ['us-east-1', 'us-west-2'] as const

export const identityOf = (region: string, seed: Uint8Array = deploymentSeed): (() => PeerIdentity) =>
  createPeerIdentity({ region, authoritySeed: seed, clock: systemClock, random: systemRandom, log })

const listen = async (server: Server, endings: Ending[]): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

/** Answers over HTTP as it likes, as what stands before a Region may. */
export const startHttp = (server: Server, endings: Ending[]): Promise<number> => {
  endings.push(() => server.closeAllConnections())
  return listen(server, endings)
}

/** The Region us-west-2, in a deployment with us-east-1. */
export const startPeer = async (
  handlers: PeerHandlers,
  endings: Ending[],
  options: {
    readonly key?: DataKey
    readonly identity?: (() => PeerIdentity) | undefined
    readonly regions?: readonly string[]
    readonly isLeader?: () => boolean
    readonly leader?: () => string | undefined
    /** PEM, for a public endpoint that is served over TLS. */
    readonly tls?: { readonly cert: string; readonly key: string }
  } = {},
): Promise<{ readonly port: number; readonly listener: PeerListener }> => {
  const listener = createPeerListener({
    regions: options.regions ?? regions,
    identity: options.identity ?? identityOf('us-west-2'),
    endpoint: createPeerEndpoint({
      region: 'us-west-2',
      peerKey: options.key ?? deploymentKey,
      handlers,
      clock: systemClock,
      random: systemRandom,
      log,
    }),
    isLeader: options.isLeader ?? (() => true),
    leader: options.leader ?? (() => undefined),
    publicAuthority: undefined,
    log,
  })
  const settings = { shouldUpgradeCallback: isTunnelRequest }
  const server =
    options.tls === undefined
      ? createServer(settings, (_, response) => refuseOutsider(response))
      : createTlsServer({ ...settings, ...options.tls }, (_, response) => refuseOutsider(response))
  server.on('upgrade', (request, socket: Socket, head) => listener.accept(request, socket, head))
  const port = await listen(server, endings)
  endings.push(() => listener.close())
  return { port, listener }
}

export const transportTo = (
  port: number,
  endings: Ending[],
  options: {
    readonly region?: string | undefined
    readonly to?: string
    readonly key?: DataKey
    readonly identity?: (() => PeerIdentity) | undefined
    /** PEM: the origin is HTTPS then. */
    readonly publicAuthority?: string
  } = {},
) => {
  const region = options.region ?? 'us-east-1'
  const transport = createPeerTransport({
    region,
    peers: {
      [options.to ?? 'us-west-2']:
        `${options.publicAuthority === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    },
    peerKey: options.key ?? deploymentKey,
    identity: options.identity ?? identityOf(region),
    publicAuthority: options.publicAuthority,
    clock: systemClock,
    random: systemRandom,
  })
  endings.push(() => transport.close())
  return transport
}
