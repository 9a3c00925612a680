// What a Region does for the pools of which it has a secondary: follows each, and begins, switches and drops replicas as it is told.
import { isKeyRefusal } from '../vault/key-wrapper.ts'
import { Fault, isFault } from '../wire/fault.ts'
import type { Claims } from './claims.ts'
import type { FollowerStatus } from './follower.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import { epochOf, isLater, latestOf, readTakeovers, reignOf } from './reign.ts'
import { type ReplicaMember, startReplicaMember } from './replica-member.ts'
import { createReplicaRegistration } from './replica-registration.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { carryRevocations, salvageRevocations } from './revocation-courier.ts'
import { setAsideScope } from './set-aside.ts'
import { type StatusRegister, setStatus } from './status-register.ts'
import type { Turns } from './turns.ts'
import { createUntilDone } from './until-done.ts'
import { lowerFence, lowerRegionalFence, raiseFence, raiseRegionalFence } from './write-guard.ts'

export type Secondary = {
  /** Starts following every pool of which this Region has a secondary. */
  resume(): Promise<void>
  /** Begins a replica as the pool's primary asks; does nothing when it has begun. Rejects with a Fault. */
  begin(fromRegion: string, body: unknown): Promise<void>
  /** Drops a replica that a former primary dismissed, for the present one; does nothing when there is none. Rejects with a Fault. */
  dismiss(fromRegion: string, body: unknown): Promise<void>
  /** Follows the pool's primary, if this Region has a secondary of it and is not following already. */
  join(poolId: string): Promise<void>
  /** Stops everything that runs for the pool; resolves when it has. */
  leave(poolId: string): Promise<void>
  /** Sets the status of this Region's own replica; resolves with what it then is. */
  setOwnStatus(poolId: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister>
  revocationMade(poolId: string): void
  /** False when no replica of the pool is followed here. */
  recopy(poolId: string): boolean
  statuses(): readonly FollowerStatus[]
  statusOf(poolId: string): FollowerStatus | undefined
  readonly calls: Readonly<Record<'replica-create' | 'replica-delete' | 'set-status', PeerCallHandler>>
  close(): Promise<void>
}

export const createSecondary = (
  parts: ReplicationParts,
  registrations: Registrations,
  turns: Turns,
  claims: Pick<Claims, 'ask'>,
): Secondary => {
  const { region, vault, store, clock, transport, log } = parts
  const registration = createReplicaRegistration(parts, registrations)
  const { registered } = registration
  const members = new Map<string, ReplicaMember>()
  const leaving = new Map<string, Promise<void>>()
  const joining = createUntilDone(parts, 'the replica can not be followed up yet')
  const drops = new Set<Promise<void>>()

  const joinNow = async (poolId: string): Promise<void> => {
    await leaving.get(poolId)
    const pool = await registrations.get(poolId)
    if (pool === undefined || pool.role !== 'SECONDARY' || pool.status === 'DELETING') return
    // Before it is known what the new primary has not got, nothing here is touched.
    if (reignOf(pool).succession?.step === 'compare') return
    // A copy that is under way is of a former primary's data until the present one's has begun.
    const copiesAnew = reignOf(pool).succession?.step === 'copy-anew'
    await raiseFence(store, poolId)
    if (members.has(poolId)) return
    const how = { copiesAnew, dismissed: () => void leave(poolId) }
    members.set(poolId, startReplicaMember(pool, how, registration, parts))
  }

  /** When it fails it is tried until it succeeds: nobody else would. */
  const join = async (poolId: string): Promise<void> => {
    try {
      await turns.take(poolId, () => joinNow(poolId))
    } catch (error) {
      log.warn({ poolId, err: error }, 'the replica can not be followed up yet')
      joining.start(poolId, () => turns.take(poolId, () => joinNow(poolId)))
    }
  }
  const leave = (poolId: string): Promise<void> => {
    const member = members.get(poolId)
    if (member === undefined) return leaving.get(poolId) ?? Promise.resolve()
    members.delete(poolId)
    const ended = member.stop().finally(() => leaving.delete(poolId))
    leaving.set(poolId, ended)
    return ended
  }

  /** Revocations made here must not go with the replica (SPEC.md, I5). Only a key that can't be used any more leaves no way to read them. */
  const deliverTheLast = async (poolId: string, primaryRegion: string): Promise<void> => {
    const pool = await registered(poolId)
    try {
      // Raised by a drop that did not end.
      await lowerRegionalFence(store, poolId)
      // What this Region has of a history that its primary does not go on from is brought along.
      if (pool.primaryRegion !== primaryRegion || reignOf(pool).succession?.step === 'compare')
        await salvageRevocations(poolId, vault, clock.now())
      // Requests that began before this Region knew of its dismissal have made theirs by now, or make none.
      await raiseRegionalFence(store, poolId)
      await carryRevocations({ poolId, primaryRegion, vault, transport, clock, isLast: true })
    } catch (error) {
      // A key service that does not answer now will; before the first copy there is nothing to read, nor a ring to read it with.
      const hasNoRing = isFault(error) && error.code === 'ResourceNotFoundException'
      if (!isKeyRefusal(error) && !hasNoRing) throw error
      log.warn({ poolId, err: error }, 'the replica goes, and its undelivered revocations can not be read')
    }
  }

  const drop = async (poolId: string, primaryRegion: string): Promise<void> => {
    await registrations.update(poolId, (current) =>
      current.status === 'DELETING'
        ? current
        : { ...current, ...setStatus(current, 'DELETING', clock.now()) },
    )
    await leave(poolId)
    await deliverTheLast(poolId, primaryRegion)
    await store.dropScope(poolId)
    await store.dropScope(`@${poolId}`)
    await store.dropScope(setAsideScope(poolId))
    await lowerFence(store, poolId)
    await lowerRegionalFence(store, poolId)
    vault.forget(poolId)
    await registrations.remove(poolId)
    log.info({ poolId, region }, 'the replica is gone')
  }

  const setOwnStatus = async (poolId: string, status: 'ACTIVE' | 'INACTIVE'): Promise<StatusRegister> => {
    await registered(poolId)
    const changed = await registrations.update(poolId, (current) => {
      if (current.status === 'CREATING' || current.status === 'DELETING')
        throw new Fault(
          'InvalidParameterException',
          `The replica in ${region} is ${current.status}. Its status can be changed when it is INACTIVE or ACTIVE.`,
        )
      return current.status === status ? current : { ...current, ...setStatus(current, status, clock.now()) }
    })
    members.get(poolId)?.statusChanged()
    return { status: changed.status, statusAtMs: changed.statusAtMs }
  }

  const beginNow = async (fromRegion: string, body: unknown): Promise<void> => {
    const fields = readFields(body)
    const poolId = fields.text('poolId')
    const known = await registrations.get(poolId)
    if (known !== undefined) {
      // Told again after an answer that got lost.
      if (known.role === 'SECONDARY' && known.primaryRegion === fromRegion && known.status !== 'DELETING')
        return joinNow(poolId)
      throw new Fault('InvalidParameterException', `Region ${region} still has a replica of ${poolId}.`)
    }
    // Asked back: what was said to a Region can come late, or twice, and the replica be gone since.
    if ((await claims.ask(fromRegion, poolId))?.feedsYou !== true)
      throw new Fault('NotAReplica', `${fromRegion} has no replica of ${poolId} in ${region}.`)
    const tags = fields.optionalTextMap('tags')
    const takeovers = readTakeovers(body)
    await registrations.add({
      poolId,
      name: fields.text('name'),
      createdAtMs: fields.count('createdAtMs'),
      modifiedAtMs: fields.count('modifiedAtMs'),
      role: 'SECONDARY',
      status: 'CREATING',
      statusAtMs: fields.count('statusAtMs'),
      primaryRegion: fromRegion,
      replicaRegions: fields.list('replicaRegions', 100).map(String),
      ...(tags === undefined ? {} : { initialTags: tags }),
      ...(takeovers.length === 0 ? {} : { reign: { takeovers, seenEpoch: epochOf(takeovers) } }),
    })
    await joinNow(poolId)
  }

  const begin = (fromRegion: string, body: unknown): Promise<void> =>
    turns.take(readFields(body).text('poolId'), () => beginNow(fromRegion, body))

  /** Looked at in its turn: what was this Region's role a moment ago can have changed. */
  const dropFor = async (fromRegion: string, body: unknown, isAskedBack: boolean): Promise<void> => {
    const poolId = readFields(body).text('poolId')
    const known = await registrations.get(poolId)
    if (known === undefined) return
    if (isAskedBack && (await claims.ask(fromRegion, poolId))?.feedsYou === true)
      throw new Fault('InvalidParameterException', `${fromRegion} still has ${region} among its replicas.`)
    const takeovers = readTakeovers(body)
    const isPrimary =
      known.primaryRegion === fromRegion ||
      (latestOf(takeovers)?.region === fromRegion && isLater(takeovers, reignOf(known).takeovers))
    if (known.role === 'PRIMARY' && isPrimary)
      throw new Fault('StillPrimary', `${region} has not heard yet that ${fromRegion} is the primary Region.`)
    if (isLater(reignOf(known).takeovers, takeovers))
      throw new Fault(
        'StaleEpoch',
        `The primary Region of ${poolId} is ${known.primaryRegion}, since epoch ${epochOf(reignOf(known).takeovers)}.`,
      )
    if (known.role !== 'SECONDARY' || !isPrimary)
      throw new Fault('InvalidParameterException', `${fromRegion} is not the primary Region of ${poolId}.`)
    await drop(poolId, fromRegion)
  }

  const dropInTurn = async (fromRegion: string, body: unknown, isAskedBack: boolean): Promise<void> => {
    const dropping = turns.take(readFields(body).text('poolId'), () => dropFor(fromRegion, body, isAskedBack))
    drops.add(dropping)
    await dropping.finally(() => drops.delete(dropping))
  }

  return {
    resume: async () => {
      for await (const pool of registrations.all()) if (pool.role === 'SECONDARY') await join(pool.poolId)
    },
    begin,
    dismiss: (fromRegion, body) => dropInTurn(fromRegion, body, false),
    join,
    leave,
    setOwnStatus,
    revocationMade: (poolId) => members.get(poolId)?.revocationMade(),
    recopy: (poolId) => {
      const member = members.get(poolId)
      member?.follower.recopy()
      return member !== undefined
    },
    statuses: () => [...members.values()].map(({ follower }) => follower.status()),
    statusOf: (poolId) => members.get(poolId)?.follower.status(),
    calls: {
      'replica-create': async (fromRegion, body) => {
        await begin(fromRegion, body)
        return {}
      },
      'replica-delete': async (fromRegion, body) => {
        await dropInTurn(fromRegion, body, true)
        return {}
      },
      'set-status': async (_fromRegion, body) => {
        const fields = readFields(body)
        return setOwnStatus(fields.text('poolId'), fields.oneOf('status', ['ACTIVE', 'INACTIVE']))
      },
    },
    close: async () => {
      await joining.close()
      await Promise.all([...members.keys()].map(leave))
      await Promise.allSettled([...leaving.values(), ...drops])
    },
  }
}
