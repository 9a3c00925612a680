// DeleteUserPoolReplica: from the primary Region, for an INACTIVE replica; its Region drops everything, then the replica is gone.
import { operation } from '../../directory/operation.ts'
import { Fault } from '../../wire/fault.ts'
import type { ReplicaActions } from '../replica-control.ts'
import { replicaDescription } from './replica-description.ts'

export const deleteUserPoolReplica = (replication: ReplicaActions) =>
  operation({
    name: 'DeleteUserPoolReplica',
    runs: 'primary',
    handle: async ({ RegionName: regionName = '' }, context) => {
      const { poolId, registered } = context.pool
      if (regionName === registered.primaryRegion)
        throw new Fault(
          'InvalidParameterException',
          `${regionName} is the primary Region of the user pool. The primary can only be deleted with the user pool.`,
        )
      await replication.deleteReplica(poolId, regionName)
      return {
        UserPoolReplica: replicaDescription(
          { regionName, role: 'SECONDARY', status: 'DELETING' },
          poolId,
          context.account,
        ),
      }
    },
  })
