// DeleteUserPool: takes a pool off the register and drops all of its data.
import { Fault } from '../../../wire/fault.ts'
import { checkNoImportRuns } from '../../import-rules.ts'
import { type Context, operation } from '../../operation.ts'
import { publicPools, registeredPools, replicas, userPoolDomains } from '../../records/user-pool.ts'
import { dropUnfinishedPool, unfinishedPools } from '../../unfinished-pools.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/**
 * What keeps a pool from being deleted, all of it readable without the pool's key, so that an owner gets rid of a pool whose key is gone.
 * Deletion protection ends with the key itself: once the key service has deleted it, nothing is left to protect. A domain can't be deleted
 * while the pool can't be read, and then goes with the pool; an import can't go on then either.
 */
const checkDeletable = async ({ pool, vault }: Pick<Context<'primary'>, 'pool' | 'vault'>): Promise<void> => {
  const { poolId, records, registered } = pool
  const publicPool = await records.get(publicPools, poolId)
  if (publicPool?.value.isDeletionProtected === true && (await vault.keyState(poolId)) !== 'lost')
    throw refuse(
      'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
    )
  // The primary has a record among them itself.
  if (registered.replicaRegions.length > 0 || (await records.count(replicas)) > 1)
    throw refuse('User pool cannot be deleted. It has replicas that should be deleted first.')
  if ((await vault.keyState(poolId)) !== 'usable') return
  if ((await records.count(userPoolDomains)) > 0)
    throw refuse('User pool cannot be deleted. It has a domain configured that should be deleted first.')
  await checkNoImportRuns(records)
}

export const deleteUserPool = operation({
  name: 'DeleteUserPool',
  runs: 'primary',
  handle: async (_input, context) => {
    const { pool, vault, clock, log, replicaControl } = context
    const { poolId } = pool
    await checkDeletable(context)
    const registered = await vault.region.get(registeredPools, poolId)
    if (registered === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    // From this commit on the pool is gone; a crash before its data is dropped leaves the rest to the next start.
    await vault.region.commit((changes) => {
      changes.delete(registeredPools, registered)
      changes.create(unfinishedPools, { poolId, sinceMs: clock.now() })
    })
    await dropUnfinishedPool(vault, poolId).catch((error: unknown) =>
      log.error({ err: error, poolId }, 'the data of a deleted user pool could not be dropped'),
    )
    replicaControl.poolDeleted(poolId)
    return {}
  },
})
