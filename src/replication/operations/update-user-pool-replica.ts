// UpdateUserPoolReplica: activates or deactivates a replica; from either Region, also while the other one is gone.
import { operation } from '../../directory/operation.ts'
import { Fault } from '../../wire/fault.ts'
import type { ReplicaActions } from '../replica-control.ts'
import { replicaDescription } from './replica-description.ts'

export const updateUserPoolReplica = (replication: ReplicaActions) =>
  operation({
    name: 'UpdateUserPoolReplica',
    runs: 'inactive',
    handle: async ({ RegionName: regionName = '', Status: wanted }, context) => {
      const { poolId, registered } = context.pool
      if (wanted !== 'ACTIVE' && wanted !== 'INACTIVE')
        throw new Fault('InvalidParameterException', 'Status must be ACTIVE or INACTIVE.')
      const { status } = await replication.setStatus(registered, regionName, wanted)
      return {
        UserPoolReplica: replicaDescription(
          { regionName, role: 'SECONDARY', status },
          poolId,
          context.account,
        ),
      }
    },
  })
