// A Region's two ends of the port between Regions, under one identity: the transport by which it calls, and the listener that answers.
import type { PeerHandlers } from '../replication/peer-port.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { RegionConfiguration } from './configuration.ts'
import type { DeploymentSecrets } from './deployment-secrets.ts'
import { createPeerEndpoint } from './peer-endpoint.ts'
import { createPeerIdentity } from './peer-identity.ts'
import { createPeerListener, type PeerListener, type PeerListenerOptions } from './peer-listener.ts'
import { createPeerTransport } from './peer-transport.ts'

export type Peers = {
  readonly transport: ReturnType<typeof createPeerTransport>
  /** Made when the handlers are: the transport is needed before. */
  listenWith(handlers: PeerHandlers, leading: Pick<PeerListenerOptions, 'isLeader' | 'leader'>): PeerListener
}

/** Throws as `createPeerIdentity` does. `publicAuthority` is PEM, where the origins are served over TLS. */
export const createPeers = (
  configuration: Pick<RegionConfiguration, 'region' | 'peers' | 'peerTls'>,
  secrets: Pick<DeploymentSecrets, 'peerAuthoritySeed' | 'peerKey'>,
  publicAuthority: string | undefined,
  tools: { readonly clock: Clock; readonly random: Random; readonly log: Logger },
): Peers => {
  const { region, peers } = configuration
  const { peerKey } = secrets
  const identity = createPeerIdentity({
    region,
    authoritySeed: secrets.peerAuthoritySeed,
    files: configuration.peerTls,
    ...tools,
  })
  return {
    transport: createPeerTransport({ region, peers, peerKey, identity, publicAuthority, ...tools }),
    listenWith: (handlers, leading) =>
      createPeerListener({
        regions: Object.keys(peers),
        identity,
        endpoint: createPeerEndpoint({ region, peerKey, handlers, ...tools }),
        publicAuthority,
        log: tools.log,
        ...leading,
      }),
  }
}
