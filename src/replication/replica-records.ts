// The records of a pool's replicas, as its primary writes them: who is entered, and in which status.
import { type Replica, replicas } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { onConflictAgain } from './registrations.ts'
import type { ReplicationParts } from './replication-parts.ts'

export type ReplicaRecords = {
  /** Rejects with ResourceNotFoundException when the pool has no replica in the Region. */
  get(poolId: string, regionName: string): Promise<Replica>
  /** The secondaries. */
  all(poolId: string): Promise<readonly Replica[]>
  /** Every Region that has the pool, the primary included. */
  regions(poolId: string): Promise<readonly string[]>
  /** Changes a replica's record; `change` returns the same object for no change. */
  update(poolId: string, regionName: string, change: (current: Replica) => Replica): Promise<Replica>
  /** Enters a replica unless it is entered already; resolves with what is stored. */
  enter(poolId: string, replica: Replica): Promise<Replica>
  /** Enters the Regions in these roles in one commit, whatever they were entered as before; one that has its role already keeps its status. */
  enterAs(poolId: string, list: readonly Replica[]): Promise<void>
  /** Does nothing for one that isn't entered. */
  remove(poolId: string, regionName: string): Promise<void>
}

/** `replicasMax` of them and some that are being deleted. */
const listMax = 100

export const createReplicaRecords = ({ vault }: Pick<ReplicationParts, 'vault'>): ReplicaRecords => {
  const stored = async (poolId: string, regionName: string) => {
    const found = await vault.pool(poolId).primary.get(replicas, regionName)
    if (found?.value.role !== 'SECONDARY')
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} has no replica in ${regionName}.`)
    return found
  }
  const list = async (poolId: string): Promise<readonly Replica[]> => {
    const { items } = await vault.pool(poolId).secondary.list(replicas, { limit: listMax })
    return items.map(({ value }) => value)
  }
  return {
    get: async (poolId, regionName) => (await stored(poolId, regionName)).value,
    all: async (poolId) => (await list(poolId)).filter(({ role }) => role === 'SECONDARY'),
    regions: async (poolId) => (await list(poolId)).map(({ regionName }) => regionName),
    update: (poolId, regionName, change) =>
      onConflictAgain(async () => {
        const current = await stored(poolId, regionName)
        const next = change(current.value)
        if (next !== current.value)
          await vault.pool(poolId).primary.commit((changes) => changes.replace(replicas, current, next))
        return next
      }),
    enter: (poolId, replica) =>
      onConflictAgain(async () => {
        const { primary } = vault.pool(poolId)
        const known = await primary.get(replicas, replica.regionName)
        if (known !== undefined) return known.value
        await primary.commit((changes) => changes.create(replicas, replica))
        return replica
      }),
    enterAs: (poolId, entered) =>
      onConflictAgain(async () => {
        const { primary } = vault.pool(poolId)
        const known = await Promise.all(entered.map(({ regionName }) => primary.get(replicas, regionName)))
        await primary.commit((changes) => {
          for (const [index, replica] of entered.entries()) {
            const former = known[index]
            if (former === undefined) changes.create(replicas, replica)
            else if (former.value.role !== replica.role) changes.replace(replicas, former, replica)
          }
        })
      }),
    remove: (poolId, regionName) =>
      onConflictAgain(async () => {
        const { primary } = vault.pool(poolId)
        const known = await primary.get(replicas, regionName)
        if (known !== undefined) await primary.commit((changes) => changes.delete(replicas, known))
      }),
  }
}
