// DeleteUserPool: takes a pool off the register and drops all of its data.
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { hasSecondaries, readPool } from '../../read-pool.ts'
import { registeredPools, userPoolDomains } from '../../records/user-pool.ts'
import { dropUnfinishedPool, unfinishedPools } from '../../unfinished-pools.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

export const deleteUserPool = operation({
  name: 'DeleteUserPool',
  runs: 'primary',
  handle: async (_input, { pool, vault, clock, log, replicaControl }) => {
    const { poolId, records } = pool
    const { value } = await readPool(pool)
    if (value.settings.DeletionProtection === 'ACTIVE')
      throw refuse(
        'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
      )
    if ((await records.count(userPoolDomains)) > 0)
      throw refuse('User pool cannot be deleted. It has a domain configured that should be deleted first.')
    if (await hasSecondaries(pool))
      throw refuse('User pool cannot be deleted. It has replicas that should be deleted first.')

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
