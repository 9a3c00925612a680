// A replica that its own Region does not know any more: the Region's store was lost and it began with an empty one. The primary invites it again.
import type { Claims } from './claims.ts'
import { PeerFailure } from './peer-port.ts'
import type { Primary, ReplicaName } from './primary.ts'
import { isWorthALine, type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { BackOffLimits } from './timer.ts'

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
const backOff: BackOffLimits = { firstMs: 1_000, mostMs: 10_000 }

export const createLostReplicas = (
  { timer, random, log }: Pick<ReplicationParts, 'timer' | 'random' | 'log'>,
  primary: Pick<Primary, 'silent' | 'inviteAgain'>,
  claims: Pick<Claims, 'ask'>,
): LostReplicas => {
  let looking: Repeater | undefined
  /** Where the last round ended, so that each replica has its turn. */
  let after = ''

  const isUnknownThere = async ({ poolId, regionName }: ReplicaName): Promise<boolean> => {
    try {
      return (await claims.ask(regionName, poolId)) === undefined
    } catch (error) {
      // No answer is what a Region that is gone gives: it may come back with all that it had.
      if (error instanceof PeerFailure) return false
      throw error
    }
  }

  const look = async (): Promise<void> => {
    const keyOf = ({ poolId, regionName }: ReplicaName): string => `${poolId} ${regionName}`
    const silent = (await primary.silent(silentForMs)).toSorted((one, other) =>
      keyOf(one) < keyOf(other) ? -1 : 1,
    )
    const next = [
      ...silent.filter((replica) => keyOf(replica) > after),
      ...silent.filter((replica) => keyOf(replica) <= after),
    ]
    for (const replica of next.slice(0, replicasPerRound)) {
      after = keyOf(replica)
      if (await isUnknownThere(replica)) await primary.inviteAgain(replica)
    }
  }

  return {
    start: () => {
      looking = startRepeater({
        timer,
        random,
        backOff,
        pauseMs: 0,
        everyMs: lookEveryMs,
        run: async () => {
          await look()
          return undefined
        },
        failed: (error, failures) => {
          if (isWorthALine(failures)) log.warn({ err: error, failures }, 'looking after silent replicas')
        },
      })
    },
    close: async () => {
      await looking?.stop()
    },
  }
}
