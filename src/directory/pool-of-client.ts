// Which pool an app client is of, found once and remembered: every request of an app begins with it.
import { LRUCache } from 'lru-cache'
import { perRegion } from '../vault/per-region.ts'
import type { Vault } from '../vault/vault.ts'
import { appClients } from './records/app-client.ts'

const rememberedMax = 10_000

const rememberedOf = perRegion(() => new LRUCache<string, string>({ max: rememberedMax }))

/**
 * The ID of the client's pool, or undefined. A client stays in its pool for life, so what was found once holds; that client and pool
 * still exist is for the caller to see when it reads them.
 */
export const poolOfClient = async (
  clientId: string,
  vault: Pick<Vault, 'findPools'>,
): Promise<string | undefined> => {
  const remembered = rememberedOf({ vault })
  const known = remembered.get(clientId)
  if (known !== undefined) return known
  const [poolId] = await vault.findPools(appClients, 'client', clientId)
  if (poolId !== undefined) remembered.set(clientId, poolId)
  return poolId
}
