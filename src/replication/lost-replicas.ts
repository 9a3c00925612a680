// A replica that its own Region does not know any more: the Region's store was lost and it began with an empty one. The primary invites it again.
import type { Claims } from './claims.ts'
import { PeerFailure } from './peer-port.ts'
import type { Primary, ReplicaName } from './primary.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { type Rounds, startRounds } from './rounds.ts'

export type LostReplicas = {
  /** Looks from now on after replicas that report nothing. */
  start(): void
  close(): Promise<void>
}

const lookEveryMs = 5_000
/** A replica reports every five seconds. */
const silentForMs = 7_000
/** Asked about in one round: when a Region is gone, all of its replicas are silent. */
const replicasPerRound = 20

export const createLostReplicas = (
  parts: Pick<ReplicationParts, 'timer' | 'random' | 'log'>,
  primary: Pick<Primary, 'silent' | 'inviteAgain'>,
  claims: Pick<Claims, 'ask'>,
): LostReplicas => {
  const isUnknownThere = async ({ poolId, regionName }: ReplicaName): Promise<boolean> => {
    try {
      return (await claims.ask(regionName, poolId)) === undefined
    } catch (error) {
      // No answer is what a Region that is gone gives: it may come back with all that it had.
      if (error instanceof PeerFailure) return false
      throw error
    }
  }
  let looking: Rounds | undefined
  return {
    start: () => {
      looking = startRounds(parts, {
        everyMs: lookEveryMs,
        perRound: replicasPerRound,
        what: 'looking after silent replicas',
        list: () => primary.silent(silentForMs),
        keyOf: ({ poolId, regionName }) => `${poolId} ${regionName}`,
        lookAfter: async (replica) => {
          if (await isUnknownThere(replica)) await primary.inviteAgain(replica)
        },
      })
    },
    close: async () => {
      await looking?.stop()
    },
  }
}
