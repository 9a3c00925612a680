// Who a Region says is a pool's primary, and how far it is: what Regions ask each other before one takes over, and when one comes back.
import type { RegisteredPool, Takeover } from '../directory/records/user-pool.ts'
import { readFields } from './message-fields.ts'
import { interruptedCode, type PeerCallHandler, PeerFailure } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import { readTakeovers, reignOf } from './reign.ts'
import type { ReplicationParts } from './replication-parts.ts'

export type Claim = {
  readonly role: 'PRIMARY' | 'SECONDARY'
  readonly status: RegisteredPool['status']
  readonly primaryRegion: string
  readonly takeovers: readonly Takeover[]
  readonly seenEpoch: number
  /** The epoch in which the Region is about to take over. */
  readonly candidateFor?: number
  /** It takes no writes, because a replica has more. */
  readonly isOlder: boolean
  /** It is the primary, and has the Region that asks among its replicas. */
  readonly feedsYou: boolean
  readonly position: number
  readonly isCopying: boolean
}

const claimTimeoutMs = 2_000

export type Claims = {
  /** What the Region says; undefined when it has no replica of the pool. Rejects with PeerFailure. */
  ask(regionName: string, poolId: string): Promise<Claim | undefined>
  /** Of all these Regions at once; those that give no answer are left out, and told of. */
  askAll(
    regionNames: readonly string[],
    poolId: string,
    silent?: (regionName: string) => void,
  ): Promise<ReadonlyMap<string, Claim>>
  readonly calls: Readonly<Record<'claim', PeerCallHandler>>
}

const claimIn = (answer: unknown): Claim | undefined => {
  const fields = readFields(answer)
  if (!fields.flag('isHere')) return undefined
  const candidateFor = fields.optionalCount('candidateFor')
  return {
    role: fields.oneOf('role', ['PRIMARY', 'SECONDARY']),
    status: fields.oneOf('status', ['CREATING', 'INACTIVE', 'ACTIVE', 'DELETING']),
    primaryRegion: fields.text('primaryRegion'),
    takeovers: readTakeovers(answer),
    seenEpoch: fields.count('seenEpoch'),
    ...(candidateFor === undefined ? {} : { candidateFor }),
    isOlder: fields.flag('isOlder'),
    feedsYou: fields.flag('feedsYou'),
    position: fields.count('position'),
    isCopying: fields.flag('isCopying'),
  }
}

export const createClaims = (
  { store, transport }: Pick<ReplicationParts, 'store' | 'transport'>,
  registrations: Registrations,
): Claims => {
  const ask: Claims['ask'] = async (regionName, poolId) =>
    claimIn(await transport.call(regionName, 'claim', { poolId }, { timeoutMs: claimTimeoutMs }))
  return {
    ask,
    askAll: async (regionNames, poolId, silent) => {
      const claims = new Map<string, Claim>()
      await Promise.all(
        regionNames.map(async (name) => {
          try {
            const claim = await ask(name, poolId)
            if (claim !== undefined) claims.set(name, claim)
          } catch (error) {
            // No answer is what a Region that is gone gives; one that this Region did not wait for says nothing.
            if (!(error instanceof PeerFailure) || error.code === interruptedCode) throw error
            silent?.(name)
          }
        }),
      )
      return claims
    },
    calls: {
      claim: async (fromRegion, body) => {
        const poolId = readFields(body).text('poolId')
        const pool = await registrations.get(poolId)
        if (pool === undefined) return { isHere: false }
        const { takeovers, seenEpoch, candidacy, isOlderThan, succession } = reignOf(pool)
        const { position, copy } = await store.head(poolId)
        return {
          isHere: true,
          role: pool.role,
          status: pool.status,
          primaryRegion: pool.primaryRegion,
          takeovers,
          seenEpoch,
          ...(candidacy === undefined ? {} : { candidateFor: candidacy.epoch }),
          isOlder: isOlderThan !== undefined,
          feedsYou:
            pool.role === 'PRIMARY' &&
            pool.replicaRegions.includes(fromRegion) &&
            (await registrations.errand(poolId, fromRegion))?.kind !== 'dismiss',
          position,
          // What it has beyond the parting is still to be set aside: it says nothing of the history that it names.
          isCopying: copy !== undefined || succession !== undefined,
        }
      },
    },
  }
}
