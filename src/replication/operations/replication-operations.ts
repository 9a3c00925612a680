// The operations on replicas, for the registry.
import type { AnyOperation } from '../../directory/operation.ts'
import type { ReplicaActions } from '../replica-control.ts'
import { createUserPoolReplica } from './create-user-pool-replica.ts'
import { deleteUserPoolReplica } from './delete-user-pool-replica.ts'
import { listUserPoolReplicas } from './list-user-pool-replicas.ts'
import { updateUserPoolReplica } from './update-user-pool-replica.ts'

export const replicationOperations = (replication: ReplicaActions): readonly AnyOperation[] => [
  createUserPoolReplica(replication),
  updateUserPoolReplica(replication),
  deleteUserPoolReplica(replication),
  listUserPoolReplicas(replication),
]

/** Their names, for whoever lists what is built without a replication at hand. */
export const replicationOperationNames = [
  'CreateUserPoolReplica',
  'UpdateUserPoolReplica',
  'DeleteUserPoolReplica',
  'ListUserPoolReplicas',
] as const
