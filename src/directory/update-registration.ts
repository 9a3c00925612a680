// Keeping this Region's register of pools in step with what an operation changed of a pool.
import type { Vault } from '../vault/vault.ts'
import { type RegisteredPool, registeredPools } from './records/user-pool.ts'

/** Changes what the register says of the pool. Rejects with Conflict when somebody else changed it meanwhile. */
export const updateRegistration = async (
  vault: Pick<Vault, 'region'>,
  poolId: string,
  change: Partial<Pick<RegisteredPool, 'name' | 'modifiedAtMs' | 'lambda'>>,
): Promise<void> => {
  const stored = await vault.region.get(registeredPools, poolId)
  if (stored === undefined) return
  await vault.region.commit((changes) =>
    changes.replace(registeredPools, stored, { ...stored.value, ...change }),
  )
}
