// What a secondary writes into its own registration: that it is complete, that it is copied anew, and what the primary's records say.
import { type RegisteredPool, regionalSettings, replicas, userPools } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { acknowledgements } from './acknowledgement.ts'
import { onConflictAgain, type Registrations } from './registrations.ts'
import { epochOf, reignOf } from './reign.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { isSameStatus, mergeStatus, setStatus } from './status-register.ts'

export type ReplicaRegistration = {
  /** Rejects with ResourceNotFoundException when this Region has no secondary of the pool. */
  registered(poolId: string): Promise<RegisteredPool>
  /** Ends the creation: regional settings of its own, then INACTIVE, or what it was before it was copied anew. */
  settle(poolId: string): Promise<void>
  /** While data is dropped and copied anew the replica serves nobody. */
  unsettle(poolId: string): Promise<void>
  /** A replica that differs from its primary serves nobody until an operator says so. */
  withdraw(poolId: string): Promise<void>
  /** A copy that a new primary made necessary has begun: one that was under way before is gone. */
  copyBegun(poolId: string): Promise<void>
  /** Takes over what the primary's records say of the pool and its replicas; resolves with what is then registered. */
  readRecords(poolId: string): Promise<RegisteredPool | undefined>
}

export const createReplicaRegistration = (
  parts: ReplicationParts,
  registrations: Registrations,
): ReplicaRegistration => {
  const { region, vault, store, clock, log } = parts

  const registered = async (poolId: string): Promise<RegisteredPool> => {
    const pool = await registrations.get(poolId)
    if (pool === undefined || pool.role !== 'SECONDARY')
      throw new Fault('ResourceNotFoundException', `Region ${region} has no replica of user pool ${poolId}.`)
    return pool
  }

  /** The copy that a new primary made necessary is whole. */
  const copied = (pool: RegisteredPool): RegisteredPool => {
    const { succession, ...reign } = reignOf(pool)
    return succession?.step === 'copying' ? { ...pool, reign } : pool
  }

  return {
    registered,
    settle: async (poolId) => {
      vault.forget(poolId)
      const pool = await registered(poolId)
      if (pool.status !== 'CREATING') return
      const { secondary } = vault.pool(poolId)
      await onConflictAgain(async () => {
        if ((await secondary.get(regionalSettings, poolId)) !== undefined) return
        await secondary.commit((changes) =>
          changes.create(regionalSettings, { poolId, tags: pool.initialTags ?? {} }),
        )
      })
      const told = (await secondary.get(replicas, region))?.value
      await registrations.update(poolId, (current) => {
        if (current.status !== 'CREATING') return current
        const { initialTags: _made, statusAfterCopy, ...rest } = copied(current)
        // Set at the primary while the copy ran: that is the later wish.
        const isToldLater =
          told !== undefined && told.status !== 'CREATING' && told.statusAtMs > current.statusAtMs
        const register = isToldLater
          ? { status: told.status, statusAtMs: told.statusAtMs }
          : // Of no later time than the copy's beginning: whatever somebody sets meanwhile wins.
            setStatus(current, statusAfterCopy ?? 'INACTIVE', current.statusAtMs)
        return { ...rest, ...register }
      })
      log.info({ poolId, region }, 'the replica is complete')
    },
    unsettle: async (poolId) => {
      await registrations.update(poolId, (current) =>
        current.status === 'ACTIVE' || current.status === 'INACTIVE'
          ? { ...current, ...setStatus(current, 'CREATING', clock.now()), statusAfterCopy: current.status }
          : current,
      )
      vault.forget(poolId)
    },
    withdraw: async (poolId) => {
      const before = await registered(poolId)
      if (before.status !== 'ACTIVE') return
      await registrations.update(poolId, (current) =>
        current.status === 'ACTIVE'
          ? { ...current, ...setStatus(current, 'INACTIVE', clock.now()) }
          : current,
      )
      log.error({ poolId }, 'the replica differs from its primary and serves no longer')
    },
    copyBegun: async (poolId) => {
      await registrations.update(poolId, (current) => {
        const { succession, ...reign } = reignOf(current)
        if (succession?.step !== 'copy-anew') return current
        return { ...current, reign: { ...reign, succession: { ...succession, step: 'copying' } } }
      })
    },
    readRecords: async (poolId) => {
      const head = await store.head(poolId)
      if (head.copy !== undefined) return undefined
      const { secondary } = vault.pool(poolId)
      const [pool, listed, acknowledgement] = await Promise.all([
        secondary.get(userPools, poolId),
        secondary.list(replicas, { limit: 100 }),
        secondary.get(acknowledgements, poolId),
      ])
      const all = listed.items.map(({ value }) => value)
      const own = all.find(({ regionName }) => regionName === region)
      const listedRegions = all
        .filter(({ role }) => role === 'SECONDARY')
        .map(({ regionName }) => regionName)
        .toSorted()
      return registrations.update(poolId, (current) => {
        // It has become the primary meanwhile.
        if (current.role !== 'SECONDARY') return current
        const register =
          own === undefined || own.status === 'CREATING' || current.status === 'CREATING'
            ? current
            : mergeStatus(current, own)
        // Until what the new primary wrote first is here, the records list the replicas of the former one.
        const isOfReign = head.epoch >= epochOf(reignOf(current).takeovers)
        const replicaRegions = isOfReign ? listedRegions : current.replicaRegions
        const name = pool?.value.name ?? current.name
        const modifiedAtMs = pool?.value.modifiedAtMs ?? current.modifiedAtMs
        const { acknowledgement: known, ...rest } = current
        const wanted = acknowledgement?.value
        const isSame =
          isSameStatus(register, current) &&
          name === current.name &&
          modifiedAtMs === current.modifiedAtMs &&
          known?.whenNoneAnswers === wanted?.whenNoneAnswers &&
          replicaRegions.join() === current.replicaRegions.join()
        const { status, statusAtMs } = register
        if (isSame) return current
        return {
          ...rest,
          name,
          modifiedAtMs,
          replicaRegions,
          status,
          statusAtMs,
          ...(wanted === undefined ? {} : { acknowledgement: { whenNoneAnswers: wanted.whenNoneAnswers } }),
        }
      })
    },
  }
}
