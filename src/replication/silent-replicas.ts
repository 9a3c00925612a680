// Replicas that are silent: one that its own Region has lost, store and all, is invited again; one that follows a later primary is heard.
import type { Claims } from './claims.ts'
import { PeerFailure } from './peer-port.ts'
import type { Primary, ReplicaName } from './primary.ts'
import type { Registrations } from './registrations.ts'
import { isLater, reignOf } from './reign.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { type Rounds, startRounds } from './rounds.ts'

export type SilentReplicas = {
  /** Looks from now on after replicas that report nothing. */
  start(): void
  close(): Promise<void>
}

const lookEveryMs = 5_000
/** A replica reports every five seconds. */
const silentForMs = 7_000
/** Asked about in one round: when a Region is gone, all of its replicas are silent. */
const replicasPerRound = 20

export const createSilentReplicas = (
  parts: Pick<ReplicationParts, 'timer' | 'random' | 'log'>,
  registrations: Pick<Registrations, 'get'>,
  roles: {
    readonly primary: Pick<Primary, 'silent' | 'inviteAgain'>
    readonly claims: Pick<Claims, 'ask'>
    /** Hears of a Region that knows of a later primary than this one. */
    succeeded(poolId: string, byRegion: string): void
  },
): SilentReplicas => {
  const { primary, claims, succeeded } = roles
  const lookAfter = async (replica: ReplicaName): Promise<void> => {
    const { poolId, regionName } = replica
    try {
      const claim = await claims.ask(regionName, poolId)
      if (claim === undefined) return await primary.inviteAgain(replica)
      const pool = await registrations.get(poolId)
      if (pool !== undefined && isLater(claim.takeovers, reignOf(pool).takeovers))
        succeeded(poolId, regionName)
    } catch (error) {
      // No answer is what a Region that is gone gives: it may come back with all that it had.
      if (!(error instanceof PeerFailure)) throw error
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
        lookAfter,
      })
    },
    close: async () => {
      await looking?.stop()
    },
  }
}
