// The development inbox of a Region: the messages of all its pools.
import { registeredPools } from '../directory/records/user-pool.ts'
import { readInbox } from '../messages/inbox.ts'
import { systemClock } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Vault } from '../vault/vault.ts'

const poolsMax = 1_000

/** Oldest first; those for one destination, or all. */
export const inboxOf = async (
  vault: Vault,
  log: Logger,
  destination: string | undefined,
): Promise<readonly object[]> => {
  const { items } = await vault.region.list(registeredPools, { limit: poolsMax })
  return readInbox(
    { vault, clock: systemClock, log },
    items.map(({ value }) => value.poolId),
    destination,
  )
}
