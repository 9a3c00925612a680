// How far behind replicas are: at the primary from what they report, at a secondary from what the feed says.
import type { Store } from '../store/store.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { FollowerStatus } from './follower.ts'

export type Lag = {
  readonly poolId: string
  readonly replicaRegion: string
  readonly positionsBehind: number
  /** How long the oldest entry that is missing there has been waiting; 0 when none is. */
  readonly millisecondsBehind: number
}

export type Reported = { readonly position: number; readonly reportedAtMs: number }

/** What the replicas of this Region's primaries have reported since it started. */
export type ReportedPositions = {
  readonly startedAtMs: number
  set(poolId: string, region: string, position: number): void
  of(poolId: string, region: string): Reported | undefined
  forget(poolId: string, region?: string): void
  /** The lowest position of these replicas, or undefined as long as one of them has not reported. */
  lowest(poolId: string, regions: readonly string[]): number | undefined
}

export const createReportedPositions = (clock: Clock): ReportedPositions => {
  const pools = new Map<string, Map<string, Reported>>()
  return {
    startedAtMs: clock.now(),
    set: (poolId, region, position) => {
      const regions = pools.get(poolId) ?? new Map<string, Reported>()
      pools.set(poolId, regions)
      regions.set(region, { position, reportedAtMs: clock.now() })
    },
    of: (poolId, region) => pools.get(poolId)?.get(region),
    forget: (poolId, region) => {
      if (region === undefined) pools.delete(poolId)
      else pools.get(poolId)?.delete(region)
    },
    lowest: (poolId, regions) => {
      let lowest: number | undefined
      for (const region of regions) {
        const reported = pools.get(poolId)?.get(region)
        if (reported === undefined) return undefined
        lowest = Math.min(lowest ?? reported.position, reported.position)
      }
      return lowest
    },
  }
}

/** The lag of one replica as the primary sees it: exact up to its last report. A replica that has not reported is behind by the whole log. */
export const lagAtPrimary = async (
  poolId: string,
  replicaRegion: string,
  options: { readonly store: Store; readonly clock: Clock; readonly positions: ReportedPositions },
): Promise<Lag> => {
  const reported = options.positions.of(poolId, replicaRegion)
  const position = reported?.position ?? 0
  const head = await options.store.head(poolId)
  const positionsBehind = Math.max(0, head.position - position)
  const waitingSinceMs = async (): Promise<number> => {
    try {
      const [oldest] = await options.store.readLog(poolId, position, 1)
      return oldest?.committedAtMs ?? options.clock.now()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      // The oldest that is missing is no longer in the log. It has been missing at least since the last report.
      return reported?.reportedAtMs ?? options.positions.startedAtMs
    }
  }
  const sinceMs = positionsBehind === 0 ? options.clock.now() : await waitingSinceMs()
  return {
    poolId,
    replicaRegion,
    positionsBehind,
    millisecondsBehind: Math.max(0, options.clock.now() - sinceMs),
  }
}

/** The lag as the secondary sees it. Without contact it grows with time even if nothing is known to be missing. */
export const lagAtSecondary = (status: FollowerStatus, replicaRegion: string, nowMs: number): Lag => {
  const positionsBehind = status.primaryPosition - status.position
  const isInTouch = status.state === 'following' && positionsBehind === 0
  return {
    poolId: status.poolId,
    replicaRegion,
    positionsBehind,
    millisecondsBehind: isInTouch ? 0 : Math.max(0, nowMs - (status.syncedToMs ?? status.startedAtMs)),
  }
}
