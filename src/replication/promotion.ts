// At a secondary: makes this Region the pool's primary, planned (the old one hands over, nothing is lost) or forced (the old one is gone).
import type { RegisteredPool, Takeover } from '../directory/records/user-pool.ts'
import type { StreamHead } from '../store/store.ts'
import { readKeyring } from '../vault/keyring.ts'
import { Fault } from '../wire/fault.ts'
import type { Claim, Claims } from './claims.ts'
import { checkKeyPermission } from './key-permission.ts'
import { readFields } from './message-fields.ts'
import type { Opening } from './opening.ts'
import { PeerFailure } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import { isLater, latestOf, reignOf, takeoversKept } from './reign.ts'
import type { ReplicaRecords } from './replica-records.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { Secondary } from './secondary.ts'
import type { Succession } from './succession.ts'
import type { Turns } from './turns.ts'
import { createUntilDone } from './until-done.ts'

export type PromotionRequest = {
  readonly poolId: string
  /** The primary is gone: what it had and this Region has not is left behind. */
  readonly isForced: boolean
  /** Also when another secondary that answers has more than this one. */
  readonly discardsAhead: boolean
}

export type Promotion = {
  /** Resolves with the takeover when this Region takes writes. Rejects with a Fault; the pool's primary is then who it was. */
  promote(request: PromotionRequest): Promise<Takeover>
  /** Gives up what was not decided when the process ended. */
  resume(): Promise<void>
  close(): Promise<void>
}

/** A planned promotion begins when no more than so many writes are missing here, so that writers wait for a moment only. */
const behindMax = 2_000
const catchUpMsDefault = 30_000
const handOverTimeoutMs = 15_000
const refusal = (message: string): Fault => new Fault('InvalidParameterException', message)

export const createPromotion = (
  parts: ReplicationParts,
  registrations: Registrations,
  roles: {
    readonly opening: Opening
    readonly secondary: Pick<Secondary, 'join' | 'leave' | 'statusOf'>
    readonly succession: Pick<Succession, 'adopt'>
    readonly claims: Claims
    readonly records: ReplicaRecords
    readonly turns: Turns
  },
): Promotion => {
  const { region, store, clock, timer, transport, log } = parts
  const { opening, secondary, succession, claims, records, turns } = roles
  const underWay = new Map<string, Promise<Takeover>>()
  const givingUp = createUntilDone(parts, 'a candidacy that failed can not be taken back yet')

  const registered = async (poolId: string): Promise<RegisteredPool> => {
    const pool = await registrations.get(poolId)
    if (pool === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    return pool
  }

  const othersOf = ({ replicaRegions, primaryRegion }: RegisteredPool): readonly string[] =>
    [...new Set([primaryRegion, ...replicaRegions])].filter((name) => name !== region)

  /** Refuses what must not become a primary, whatever the operator wants. */
  const requireWhole = async (pool: RegisteredPool, isForced: boolean): Promise<StreamHead> => {
    const { poolId, status } = pool
    if (status !== 'ACTIVE' && status !== 'INACTIVE')
      throw refusal(`The replica in ${region} is ${status}. Only a replica that is complete can be promoted.`)
    const head = await store.head(poolId)
    if (head.copy !== undefined || head.position === 0)
      throw refusal(`The replica in ${region} is not complete. It can be promoted when it is copied.`)
    // Forced, it is the operator's choice which of the two histories goes on.
    if (!isForced && secondary.statusOf(poolId)?.state === 'diverged')
      throw refusal(
        `The replica in ${region} has diverged from its primary. Copy it anew before it is promoted.`,
      )
    const stored = await readKeyring(store, poolId)
    if (stored === undefined) throw refusal(`The replica in ${region} has no keyring.`)
    await checkKeyPermission(stored.keyring, parts)
    return head
  }

  /** Somebody took over already and this Region has not heard of it. */
  const requireLatest = async (pool: RegisteredPool, known: ReadonlyMap<string, Claim>): Promise<void> => {
    for (const { takeovers } of known.values()) {
      if (!isLater(takeovers, reignOf(pool).takeovers)) continue
      await succession.adopt(pool.poolId, takeovers)
      throw refusal(
        `${latestOf(takeovers)?.region} has become the primary Region of ${pool.poolId} already. Try again when this replica follows it.`,
      )
    }
  }

  const requireFurthest = (
    pool: RegisteredPool,
    head: StreamHead,
    known: ReadonlyMap<string, Claim>,
  ): void => {
    for (const [name, { position, role, isCopying }] of known)
      if (role === 'SECONDARY' && !isCopying && position > head.position)
        throw refusal(
          `The replica in ${name} has ${position - head.position} writes of ${pool.poolId} that the one in ${region} has not. Promote that one, or say that they may be left behind.`,
        )
  }

  /** Waits until this Region has all that the old primary had when it stopped. */
  const catchUp = async (poolId: string, final: { readonly position: number; readonly digest: string }) => {
    const untilMs = clock.now() + (parts.catchUpMs ?? catchUpMsDefault)
    for (;;) {
      const changed = new AbortController()
      const unwatch = store.watch(poolId, () => changed.abort())
      try {
        const { position, digest } = await store.head(poolId)
        if (position === final.position && digest === final.digest) return
        if (position >= final.position)
          throw refusal(`The replica in ${region} differs from its primary at position ${final.position}.`)
        if (clock.now() >= untilMs)
          throw new Fault(
            'ServiceUnavailable',
            `The replica in ${region} did not catch up in time: it is ${final.position - position} writes behind. The primary Region takes writes again.`,
            { status: 503 },
          )
        await timer.wait(100, changed.signal)
      } finally {
        unwatch()
      }
    }
  }

  const beginCandidacy = async (poolId: string, epoch: number, isForced: boolean): Promise<void> => {
    await registrations.update(poolId, (current) => {
      const reign = reignOf(current)
      // Somebody took over while this Region asked around.
      if (reign.seenEpoch >= epoch || reign.succession !== undefined)
        throw refusal(`The replica in ${region} has just got a new primary. Try again when it follows it.`)
      const candidacy = { epoch, isForced, startedAtMs: clock.now() }
      return { ...current, reign: { ...reign, seenEpoch: epoch, candidacy } }
    })
  }
  const giveUp = async (poolId: string, epoch: number | undefined): Promise<void> => {
    await registrations.update(poolId, (current) => {
      const { candidacy, ...reign } = reignOf(current)
      const isMeant = candidacy !== undefined && (epoch === undefined || candidacy.epoch === epoch)
      return isMeant ? { ...current, reign } : current
    })
  }

  /** True when it is given up now. Otherwise it is tried until it is: as long as it stands the old primary takes no writes. */
  const hasGivenUp = async (poolId: string, epoch: number): Promise<boolean> => {
    try {
      await giveUp(poolId, epoch)
      return true
    } catch (cause) {
      log.warn({ poolId, epoch, err: cause }, 'a candidacy that failed can not be taken back yet')
    }
    givingUp.start(`${poolId} ${epoch}`, () => giveUp(poolId, epoch))
    return false
  }

  /** The decision, in one commit: before it this Region is a secondary, after it the primary. */
  const takeOver = async (poolId: string, epoch: number, isForced: boolean): Promise<Takeover> => {
    await secondary.leave(poolId)
    // Not what is registered: that follows the records a moment later.
    const regions = await records.regions(poolId)
    const { position, digest, copy } = await store.head(poolId)
    // An operator can have had it copied anew meanwhile.
    if (copy !== undefined || position === 0)
      throw refusal(`The replica in ${region} is not complete. It can be promoted when it is copied.`)
    const takeover: Takeover = { epoch, region, position, digest, atMs: clock.now(), isForced }
    await registrations.update(poolId, (current) => {
      const { takeovers, candidacy } = reignOf(current)
      if (current.status === 'DELETING') throw refusal(`The replica in ${region} is being deleted.`)
      if (candidacy?.epoch !== epoch)
        throw refusal(`Another Region has become the primary of ${poolId} meanwhile.`)
      return {
        ...current,
        role: 'PRIMARY',
        status: 'ACTIVE',
        statusAtMs: Math.max(clock.now(), current.statusAtMs + 1),
        primaryRegion: region,
        // Of a takeover that was heard of and not yet read only the registration knows.
        replicaRegions: [
          ...new Set([...regions, ...(isForced ? current.replicaRegions : []), current.primaryRegion]),
        ]
          .filter((name) => name !== region)
          .toSorted(),
        reign: {
          takeovers: [...takeovers, takeover].slice(-takeoversKept),
          seenEpoch: epoch,
          isOpening: true,
        },
      }
    })
    return takeover
  }

  const planned = async (pool: RegisteredPool, epoch: number, old: Claim | undefined): Promise<Takeover> => {
    const { poolId, primaryRegion } = pool
    const head = await store.head(poolId)
    if (old === undefined)
      throw refusal(
        `The primary Region ${primaryRegion} does not answer. If it is gone, promote with force: what it has and ${region} has not is then left behind.`,
      )
    if (old.isOlder)
      throw refusal(
        `The primary Region ${primaryRegion} was set back to an earlier state and takes no writes. Promote with force the Region that is to go on.`,
      )
    if (secondary.statusOf(poolId)?.state !== 'following' || old.position - head.position > behindMax)
      throw refusal(
        `The replica in ${region} is ${Math.max(0, old.position - head.position)} writes behind its primary or does not follow it now. Try again when it does.`,
      )
    await beginCandidacy(poolId, epoch, false)
    try {
      const answer = await transport.call(
        primaryRegion,
        'hand-over',
        { poolId, epoch },
        { timeoutMs: handOverTimeoutMs },
      )
      const fields = readFields(answer)
      await catchUp(poolId, { position: fields.count('position'), digest: fields.text('digest') })
    } catch (error) {
      // First here: from then on the old primary may take writes again, whether it is told or asks.
      if (await hasGivenUp(poolId, epoch))
        await transport
          .call(primaryRegion, 'hand-back', { poolId, epoch })
          .catch((failure: unknown) => log.warn({ poolId, err: failure }, 'the primary will ask by itself'))
      if (error instanceof PeerFailure)
        throw new Fault(
          'ServiceUnavailable',
          `The primary Region ${primaryRegion} could not hand over: ${error.message}`,
          { status: 503, cause: error },
        )
      throw error
    }
    return turns.take(poolId, () => takeOver(poolId, epoch, false))
  }

  const forced = async (
    pool: RegisteredPool,
    epoch: number,
    known: ReadonlyMap<string, Claim>,
    discardsAhead: boolean,
  ): Promise<Takeover> => {
    const head = await store.head(pool.poolId)
    if (!discardsAhead) requireFurthest(pool, head, known)
    await beginCandidacy(pool.poolId, epoch, true)
    return turns.take(pool.poolId, () => takeOver(pool.poolId, epoch, true))
  }

  const promoteOnce = async ({ poolId, isForced, discardsAhead }: PromotionRequest): Promise<Takeover> => {
    const pool = await registered(poolId)
    const { takeovers, seenEpoch, handover, isOlderThan, succession: unfinished } = reignOf(pool)
    const isStuck = pool.role === 'PRIMARY' && (handover !== undefined || isOlderThan !== undefined)
    const latest = latestOf(takeovers)
    if (pool.role === 'PRIMARY' && !isStuck) {
      // Asked again after an answer that got lost.
      if (latest?.region === region) return latest
      throw refusal(`${region} is the primary Region of ${poolId} already.`)
    }
    if (isStuck && !isForced)
      throw refusal(
        isOlderThan === undefined
          ? `${poolId} is being handed over to ${handover?.to}.`
          : `${region} was set back to an earlier state than ${isOlderThan.region}. Promote ${isOlderThan.region} with force to go on with what it has, or ${region} with force and leave that behind.`,
      )
    if (unfinished !== undefined)
      throw refusal(`The replica in ${region} has just got a new primary. Try again when it follows it.`)
    const head = await requireWhole(pool, isForced)
    const known = await claims.askAll(othersOf(pool), poolId)
    await requireLatest(pool, known)
    const epoch = 1 + Math.max(seenEpoch, head.epoch, ...[...known.values()].map((claim) => claim.seenEpoch))
    try {
      const deciding = isForced
        ? forced(pool, epoch, known, discardsAhead)
        : planned(pool, epoch, known.get(pool.primaryRegion))
      const takeover = await deciding.catch(async (error: unknown) => {
        await hasGivenUp(poolId, epoch)
        throw error
      })
      await opening.open(poolId).catch((error: unknown) => {
        throw new Fault(
          'ServiceUnavailable',
          `${region} has become the primary Region of ${poolId} and can not take writes yet. It will by itself; the log says why.`,
          { status: 503, cause: error },
        )
      })
      return takeover
    } finally {
      // Of a promotion that failed: it follows its primary as before.
      await secondary.join(poolId)
    }
  }

  return {
    promote: async (request) => {
      const known = underWay.get(request.poolId)
      if (known !== undefined) throw refusal(`${request.poolId} is being promoted already.`)
      const promoting = promoteOnce(request).finally(() => underWay.delete(request.poolId))
      underWay.set(request.poolId, promoting)
      return promoting
    },
    resume: async () => {
      for await (const pool of registrations.all()) {
        if (reignOf(pool).candidacy !== undefined) await giveUp(pool.poolId, undefined)
      }
    },
    close: async () => {
      await Promise.allSettled(underWay.values())
      await givingUp.close()
    },
  }
}
