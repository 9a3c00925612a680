// Keeping this Region's register of pools in step with what an operation changed of a pool.
import { Conflict } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import { type RegisteredPool, registeredPools } from './records/user-pool.ts'

const attemptsMax = 20

/**
 * Changes what the register says of the pool. It runs again by itself when replication changed the entry meanwhile: the pool's own
 * records are stored already, so the operation as a whole must not.
 */
export const updateRegistration = async (
  vault: Pick<Vault, 'region'>,
  poolId: string,
  change: Partial<Pick<RegisteredPool, 'name' | 'modifiedAtMs' | 'lambda'>>,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await vault.region.get(registeredPools, poolId)
    if (stored === undefined) return
    try {
      await vault.region.commit((changes) =>
        changes.replace(registeredPools, stored, { ...stored.value, ...change }),
      )
      return
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
    }
  }
}
