// What a Region does when it hears that a pool has a new primary: stops writing, keeps aside what the new primary never had, and follows it.
import type { RegisteredPool, Takeover } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import type { Claims } from './claims.ts'
import type { Confirmations } from './confirmations.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import type { Primary } from './primary.ts'
import type { Registrations } from './registrations.ts'
import { epochOf, isLater, latestOf, partingOf, readTakeovers, reignOf } from './reign.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { salvageRevocations } from './revocation-courier.ts'
import type { Secondary } from './secondary.ts'
import type { SetAsideWrites } from './set-aside.ts'
import type { Turns } from './turns.ts'
import { createUntilDone } from './until-done.ts'
import { lowerRegionalFence, raiseFence } from './write-guard.ts'

export type Succession = {
  /** Asks the other Regions of this Region's pools whether they took over meanwhile, and gives way; to be called before the Region serves. */
  askAround(): Promise<void>
  /** Asks a Region that says it knows of a later primary, and gives way. */
  hear(poolId: string, byRegion: string): void
  /** Goes on with what was under way when the process ended. */
  resume(): Promise<void>
  /** Takes a later claim than this Region knows; resolves when the pool takes no writes here any more. */
  adopt(poolId: string, takeovers: readonly Takeover[], replicaRegions?: readonly string[]): Promise<void>
  readonly calls: Readonly<Record<'new-primary', PeerCallHandler>>
  close(): Promise<void>
}

/** Pools asked about at once. A Region that answers for none of so many is asked no more: the Region that asks is held up meanwhile. */
const askedAtOnce = 64

export const createSuccession = (
  parts: ReplicationParts,
  registrations: Registrations,
  roles: {
    readonly primary: Pick<Primary, 'leave' | 'noteOlder'>
    readonly secondary: Pick<Secondary, 'begin' | 'dismiss' | 'join' | 'leave'>
    readonly claims: Claims
    readonly setAside: SetAsideWrites
    readonly confirmations: Pick<Confirmations, 'modeChanged'>
    readonly turns: Turns
  },
): Succession => {
  const { vault, store, clock, log } = parts
  const { primary, secondary, claims, setAside, confirmations, turns } = roles
  const following = createUntilDone(parts, 'the new primary can not be followed yet')

  /** Whether the history here goes on where the new primary's parted from it. What it has beyond is then set aside. */
  const compare = async (poolId: string): Promise<void> => {
    const pool = await registrations.get(poolId)
    const succession = pool === undefined ? undefined : reignOf(pool).succession
    if (succession?.step !== 'compare') return
    await raiseFence(store, poolId)
    const head = await store.head(poolId)
    const isCopying = head.copy !== undefined
    const hasMore = !isCopying && head.position > succession.after
    if (hasMore) {
      const keptCount = await setAside.keepAfter(poolId, succession.after)
      // Raised by a drop that did not end; it is raised again when that goes on.
      await lowerRegionalFence(store, poolId)
      await salvageRevocations(poolId, vault, clock.now())
      log.warn(
        { poolId, after: succession.after, position: head.position, keptCount },
        'writes that never reached the new primary are kept aside',
      )
    }
    await registrations.update(poolId, (current) => {
      const { succession: known, ...reign } = reignOf(current)
      if (known?.step !== 'compare') return current
      return {
        ...current,
        reign: isCopying || hasMore ? { ...reign, succession: { ...known, step: 'copy-anew' } } : reign,
      }
    })
  }

  const follow = (poolId: string): void => {
    following.start(poolId, async () => {
      await turns.take(poolId, () => compare(poolId))
      await secondary.join(poolId)
    })
  }

  const adopted = (
    current: RegisteredPool,
    takeovers: readonly Takeover[],
    replicaRegions: readonly string[] | undefined,
  ): RegisteredPool => {
    const { takeovers: own, seenEpoch, succession } = reignOf(current)
    const latest = latestOf(takeovers)
    if (latest === undefined || !isLater(takeovers, own)) return current
    const parting = partingOf(own, takeovers) ?? latest.position
    // The earlier parting counts. A copy that is due is due all the more; but where this one parts earlier, more is to be set aside before.
    const isCompared = succession?.step === 'copy-anew' && parting >= succession.after
    const step = isCompared ? 'copy-anew' : 'compare'
    return {
      ...current,
      role: 'SECONDARY',
      primaryRegion: latest.region,
      replicaRegions:
        replicaRegions ??
        [...current.replicaRegions.filter((name) => name !== latest.region), current.primaryRegion]
          .filter((name, index, all) => name !== latest.region && all.indexOf(name) === index)
          .toSorted(),
      reign: {
        takeovers,
        seenEpoch: Math.max(seenEpoch, latest.epoch),
        succession: { after: Math.min(parting, succession?.after ?? parting), step },
      },
    }
  }

  /** Writes down who the primary is and stops writes; undefined when the claim is not later than what is known here. */
  const yieldNow = async (
    poolId: string,
    takeovers: readonly Takeover[],
    replicaRegions?: readonly string[],
  ): Promise<RegisteredPool | undefined> => {
    const before = await registrations.get(poolId)
    const now = await registrations.updateWithoutErrands(poolId, (current) =>
      adopted(current, takeovers, replicaRegions),
    )
    if (now.role !== 'SECONDARY' || epochOf(reignOf(now).takeovers) !== epochOf(takeovers)) return undefined
    // From here on nothing that was under way gets into the log.
    await raiseFence(store, poolId)
    vault.forget(poolId)
    confirmations.modeChanged(poolId)
    if (before?.role === 'PRIMARY') {
      log.warn({ poolId, primaryRegion: now.primaryRegion }, 'the pool has a new primary Region')
      parts.roleChanged?.(poolId, 'SECONDARY')
    }
    return now
  }

  const yieldTo = (...given: Parameters<typeof yieldNow>): Promise<RegisteredPool | undefined> =>
    turns.take(given[0], () => yieldNow(...given))

  const adopt: Succession['adopt'] = async (poolId, takeovers, replicaRegions) => {
    if ((await yieldTo(poolId, takeovers, replicaRegions)) === undefined) return
    await primary.leave(poolId)
    await secondary.leave(poolId)
    follow(poolId)
  }

  const isBeingDropped = (pool: RegisteredPool | undefined): boolean =>
    pool?.role === 'SECONDARY' && pool.status === 'DELETING'
  /** Dismissed by a former primary, of which the present one may know nothing: what is left goes, and the replica begins anew. */
  const beginAnew = async (fromRegion: string, body: unknown): Promise<void> => {
    await secondary.dismiss(fromRegion, body)
    await secondary.begin(fromRegion, body)
  }

  return {
    askAround: async () => {
      let asked: Promise<void>[] = []
      let heard = new Map<string, boolean>()
      const silent = new Set<string>()
      const hearAll = async (): Promise<void> => {
        await Promise.all(asked)
        for (const [name, hasAnswered] of heard) if (!hasAnswered) silent.add(name)
        asked = []
        heard = new Map()
      }
      for await (const pool of registrations.all()) {
        if (pool.role !== 'PRIMARY' || pool.replicaRegions.length === 0) continue
        const ask = async (): Promise<void> => {
          const failed = new Set<string>()
          const names = pool.replicaRegions.filter((name) => !silent.has(name))
          const answers = await claims.askAll(names, pool.poolId, (name) => failed.add(name))
          for (const name of names) heard.set(name, heard.get(name) === true || !failed.has(name))
          // After the answers: what a replica has, this Region had when it gave it.
          const head = await store.head(pool.poolId)
          for (const [name, { takeovers, role, isCopying, position }] of answers)
            if (isLater(takeovers, reignOf(pool).takeovers)) await yieldTo(pool.poolId, takeovers)
            else if (isLater(reignOf(pool).takeovers, takeovers)) continue
            else if (role === 'SECONDARY' && !isCopying && position > head.position)
              await primary.noteOlder(pool.poolId, name, position)
        }
        asked.push(ask())
        if (asked.length >= askedAtOnce) await hearAll()
      }
      await hearAll()
    },
    resume: async () => {
      for await (const pool of registrations.all())
        if (pool.role === 'SECONDARY' && reignOf(pool).succession?.step === 'compare') follow(pool.poolId)
    },
    adopt,
    hear: (poolId, byRegion) => {
      const ask = async (): Promise<void> => {
        const claim = await claims.ask(byRegion, poolId)
        if (claim !== undefined) await adopt(poolId, claim.takeovers)
      }
      // Whoever was refused asks again, and is refused again.
      ask().catch((error: unknown) =>
        log.warn({ poolId, byRegion, err: error }, 'a later primary is not known yet'),
      )
    },
    calls: {
      'new-primary': async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const takeovers = readTakeovers(body)
        if (latestOf(takeovers)?.region !== fromRegion)
          throw new Fault('InvalidParameterException', `${fromRegion} speaks of another Region's takeover.`)
        const pool = await registrations.get(poolId)
        if (pool === undefined) {
          // This Region lost its replica, or was never told of it: it begins one.
          await secondary.begin(fromRegion, body)
          return {}
        }
        if (isBeingDropped(pool)) {
          await beginAnew(fromRegion, body)
          return {}
        }
        const own = reignOf(pool).takeovers
        if (isLater(own, takeovers))
          throw new Fault(
            'StaleEpoch',
            `The primary Region of ${poolId} is ${pool.primaryRegion}, since epoch ${epochOf(own)}.`,
          )
        await adopt(poolId, takeovers, fields.list('replicaRegions', 100).map(String))
        if (isBeingDropped(await registrations.get(poolId))) await beginAnew(fromRegion, body)
        return {}
      },
    },
    close: following.close,
  }
}
