// When a write of a pool is acknowledged: the record that travels with the pool.
import type { Acknowledgement } from '../directory/records/user-pool.ts'
import { collection } from '../vault/collection.ts'

/** Absent: asynchronous, as Amazon's. */
export type PoolAcknowledgement = Acknowledgement & { readonly poolId: string }

export const acknowledgements = collection<PoolAcknowledgement, 'replicated'>('acknowledgement', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ poolId }) => poolId,
})
