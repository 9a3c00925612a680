// Pools that are being made or deleted: what a crash leaves half done is dropped when the Region starts again.
import { collection } from '../vault/collection.ts'
import type { Vault } from '../vault/vault.ts'

/**
 * Written before a pool's first record and deleted in the commit that registers it; written in the commit that takes a pool off the
 * register and deleted when all of its data is gone. So data without a registered pool is always named here.
 */
export type UnfinishedPool = { readonly poolId: string; readonly sinceMs: number }

export const unfinishedPools = collection<UnfinishedPool, 'regional'>('unfinished-pools', {
  locality: 'regional',
  keyOf: ({ poolId }) => poolId,
})

const pageSize = 100

/** Drops the data of one pool that is named as unfinished, and then its name. */
export const dropUnfinishedPool = async (vault: Vault, poolId: string): Promise<void> => {
  await vault.deletePool(poolId)
  const unfinished = await vault.region.get(unfinishedPools, poolId)
  if (unfinished !== undefined)
    await vault.region.commit((changes) => changes.delete(unfinishedPools, unfinished))
}

/**
 * Drops whatever was left half made or half deleted before `beforeMs`: everything when a Region's only process starts, and what is too old to be
 * under way where other nodes serve. Returns how many pools that were.
 */
export const dropUnfinishedPools = async (
  vault: Vault,
  beforeMs = Number.POSITIVE_INFINITY,
): Promise<number> => {
  let droppedCount = 0
  for (let after: string | undefined; ; ) {
    const page = await vault.region.list(unfinishedPools, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    for (const { value } of page.items) {
      if (value.sinceMs >= beforeMs) continue
      await dropUnfinishedPool(vault, value.poolId)
      droppedCount += 1
    }
    if (page.after === undefined) return droppedCount
    after = page.after
  }
}
