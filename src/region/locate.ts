// Where a pool is, as this Region knows it: what the router asks before it chooses a Region.

import { asServed } from '../directory/gate.ts'
import { appClients } from '../directory/records/app-client.ts'
import { registeredPools, userPoolDomains } from '../directory/records/user-pool.ts'
import type { Vault } from '../vault/vault.ts'

export type Location = {
  readonly poolId: string
  readonly role: 'PRIMARY' | 'SECONDARY'
  readonly status: string
  readonly primaryRegion: string
}

/** The replica in this Region of the pool that `pool`, `client` or `domain` names; undefined when there is none. */
export const locate = async (
  query: { readonly pool?: string; readonly client?: string; readonly domain?: string },
  vault: Vault,
): Promise<Location | undefined> => {
  const poolId =
    query.pool ??
    (query.client === undefined
      ? undefined
      : (await vault.findPools(appClients, 'client', query.client))[0]) ??
    (query.domain === undefined
      ? undefined
      : (await vault.findPools(userPoolDomains, 'domain', query.domain))[0])
  if (poolId === undefined) return undefined
  const registered = (await vault.region.get(registeredPools, poolId))?.value
  if (registered === undefined) return undefined
  const { role, status, primaryRegion } = asServed(registered)
  // One that was set back knows less than its replica: that one is to be asked.
  const isOlder = registered.reign?.isOlderThan !== undefined
  return { poolId, role, status: isOlder ? 'INACTIVE' : status, primaryRegion }
}
