// A replica that its pool's primary does not know: a takeover by force can leave its making behind. It finds the primary, and is entered there.
import { Fault } from '../wire/fault.ts'
import type { Claims } from './claims.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import type { Primary } from './primary.ts'
import type { Registrations } from './registrations.ts'
import { epochOf, isLater, reignOf } from './reign.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { type Rounds, startRounds } from './rounds.ts'
import type { Secondary } from './secondary.ts'
import type { Succession } from './succession.ts'

export type Strays = {
  /** Looks from now on after this Region's replicas that wait in vain. */
  start(): void
  readonly calls: Readonly<Record<'stray', PeerCallHandler>>
  close(): Promise<void>
}

const lookEveryMs = 10_000
/** Pools looked after in one round: an outage makes all of a Region's replicas wait, and is over by itself. */
const poolsPerRound = 20

export const createStrays = (
  parts: ReplicationParts,
  registrations: Registrations,
  roles: {
    readonly primary: Pick<Primary, 'enterStray'>
    readonly secondary: Pick<Secondary, 'statuses'>
    readonly succession: Pick<Succession, 'adopt'>
    readonly claims: Claims
  },
): Strays => {
  const { region, transport, knownRegions } = parts
  const { primary, secondary, succession, claims } = roles

  const lookAfter = async (poolId: string): Promise<void> => {
    const pool = await registrations.get(poolId)
    if (pool?.role !== 'SECONDARY') return
    const known = await claims.askAll(
      knownRegions.filter((name) => name !== region),
      poolId,
    )
    let latest = reignOf(pool).takeovers
    for (const { takeovers } of known.values()) if (isLater(takeovers, latest)) latest = takeovers
    if (isLater(latest, reignOf(pool).takeovers)) return succession.adopt(poolId, latest)
    const claim = known.get(pool.primaryRegion)
    if (claim?.role === 'PRIMARY' && epochOf(claim.takeovers) === epochOf(latest))
      await transport.call(pool.primaryRegion, 'stray', { poolId })
  }

  const waitingInVain = async (): Promise<readonly string[]> => {
    const waiting = new Set(
      secondary
        .statuses()
        .filter(({ state }) => state === 'waiting' || state === 'checking')
        .map(({ poolId }) => poolId),
    )
    // One that is being dropped follows nobody; who dismissed it may have been succeeded since by one that never knew of it.
    for await (const { poolId, role, status } of registrations.all())
      if (role === 'SECONDARY' && status === 'DELETING') waiting.add(poolId)
    return [...waiting]
  }

  let looking: Rounds | undefined
  return {
    start: () => {
      looking = startRounds(parts, {
        everyMs: lookEveryMs,
        perRound: poolsPerRound,
        what: 'replicas that wait in vain',
        list: waitingInVain,
        keyOf: (poolId) => poolId,
        lookAfter,
      })
    },
    calls: {
      stray: async (fromRegion, body) => {
        const poolId = readFields(body).text('poolId')
        // Asked back: a message can come late, and a Region that has been told to drop its replica has none.
        const claim = await claims.ask(fromRegion, poolId)
        if (claim?.role !== 'SECONDARY' || claim.primaryRegion !== region)
          throw new Fault('NotAReplica', `${fromRegion} has no replica of ${poolId} that follows ${region}.`)
        await primary.enterStray(poolId, fromRegion)
        return {}
      },
    },
    close: async () => {
      await looking?.stop()
    },
  }
}
