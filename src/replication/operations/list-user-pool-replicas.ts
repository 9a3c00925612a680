// ListUserPoolReplicas: the primary and the secondaries, in any Region, so that it can be asked during an outage.
import { operation } from '../../directory/operation.ts'
import { Fault } from '../../wire/fault.ts'
import type { ReplicaActions } from '../replica-control.ts'
import { replicaDescription } from './replica-description.ts'

export const listUserPoolReplicas = (replication: ReplicaActions) =>
  operation({
    name: 'ListUserPoolReplicas',
    runs: 'inactive',
    handle: async ({ NextToken: nextToken }, context) => {
      // A pool has few replicas: all are on the first page, so no token was ever given out.
      if (nextToken !== undefined) throw new Fault('InvalidParameterException', 'Invalid pagination token.')
      const { poolId } = context.pool
      const replicas = await replication.listReplicas(poolId)
      return {
        UserPoolReplicas: replicas.map((replica) => replicaDescription(replica, poolId, context.account)),
      }
    },
  })
