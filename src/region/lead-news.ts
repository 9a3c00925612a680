// What a node that doesn't lead its Region tells the one that does: news for the replication that runs there.
import type { ReplicaControl } from '../directory/replica-port.ts'
import { readFields } from '../replication/message-fields.ts'
import type { PeerCallHandler, PeerTransport } from '../replication/peer-port.ts'
import type { Logger } from '../telemetry/log.ts'
import { Fault } from '../wire/fault.ts'

export const leadNewsCall = 'lead-news'
const kinds = ['revocation-made', 'pool-deleted'] as const
type News = (typeof kinds)[number]

/** The control of replication, wherever it runs. `leading` is undefined at a node that doesn't lead. */
export const createLeadControl = (options: {
  readonly region: string
  readonly transport: PeerTransport
  readonly log: Logger
  /** Knows the replicas, also at a node that doesn't lead: they are in the store. */
  control(): ReplicaControl
  isLeader(): boolean
}): ReplicaControl => {
  const { region, transport, log, control, isLeader } = options
  /** Through the Region's own origin; if nobody leads, whoever begins to finds it in the store. */
  const tell = (news: News, poolId: string): void => {
    transport
      .call(region, leadNewsCall, { news, poolId })
      .catch((error: unknown) => log.warn({ err: error, poolId, news }, 'the lead node could not be told'))
  }
  return {
    knownRegions: () => control().knownRegions(),
    listReplicas: (poolId) => control().listReplicas(poolId),
    revocationMade: (poolId) =>
      isLeader() ? control().revocationMade(poolId) : tell('revocation-made', poolId),
    poolDeleted: (poolId) => (isLeader() ? control().poolDeleted(poolId) : tell('pool-deleted', poolId)),
  }
}

/** Takes what another node of this Region tells its lead. Rejects with a Fault. */
export const acceptLeadNews =
  (region: string, leading: () => ReplicaControl | undefined): PeerCallHandler =>
  async (fromRegion, body) => {
    const fields = readFields(body)
    if (fromRegion !== region)
      throw new Fault('AccessDeniedException', 'This is for the nodes of one Region.', { status: 403 })
    const poolId = fields.text('poolId')
    const news = fields.oneOf('news', kinds)
    const control = leading()
    if (control === undefined)
      throw new Fault('ServiceUnavailable', 'This node does not lead.', { status: 503 })
    if (news === 'pool-deleted') control.poolDeleted(poolId)
    else control.revocationMade(poolId)
    return {}
  }
