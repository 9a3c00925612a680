// A replica that its pool's primary does not know: a takeover by force can leave its making behind. It finds the primary, and is entered there.
import { Fault } from '../wire/fault.ts'
import type { Claims } from './claims.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import type { Primary } from './primary.ts'
import type { Registrations } from './registrations.ts'
import { epochOf, isLater, reignOf } from './reign.ts'
import { isWorthALine, type Repeater, startRepeater } from './repeater.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { Secondary } from './secondary.ts'
import type { Succession } from './succession.ts'
import type { BackOffLimits } from './timer.ts'

export type Strays = {
  /** Looks from now on after this Region's replicas that wait in vain. */
  start(): void
  readonly calls: Readonly<Record<'stray', PeerCallHandler>>
  close(): Promise<void>
}

const lookEveryMs = 10_000
/** Pools looked after in one round: an outage makes all of a Region's replicas wait, and is over by itself. */
const poolsPerRound = 20
const backOff: BackOffLimits = { firstMs: 1_000, mostMs: 10_000 }

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
  const { region, transport, timer, random, log, knownRegions } = parts
  const { primary, secondary, succession, claims } = roles
  let looking: Repeater | undefined
  /** Where the last round ended, so that each pool has its turn. */
  let after = ''

  const lookAfter = async (poolId: string): Promise<void> => {
    const pool = await registrations.get(poolId)
    if (pool?.role !== 'SECONDARY' || pool.status === 'DELETING') return
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

  const look = async (): Promise<void> => {
    const waiting = secondary
      .statuses()
      .filter(({ state }) => state === 'waiting' || state === 'checking')
      .map(({ poolId }) => poolId)
      .toSorted()
    const next = [
      ...waiting.filter((poolId) => poolId > after),
      ...waiting.filter((poolId) => poolId <= after),
    ]
    for (const poolId of next.slice(0, poolsPerRound)) {
      after = poolId
      await lookAfter(poolId)
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
          if (isWorthALine(failures)) log.warn({ err: error, failures }, 'replicas that wait in vain')
        },
      })
    },
    calls: {
      stray: async (fromRegion, body) => {
        const poolId = readFields(body).text('poolId')
        // Asked back: a message can come late, and a Region that has been told to drop its replica has none.
        const claim = await claims.ask(fromRegion, poolId)
        if (claim?.role !== 'SECONDARY' || claim.primaryRegion !== region || claim.status === 'DELETING')
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
