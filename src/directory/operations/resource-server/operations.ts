// The operations on resource servers.
import type { AnyOperation } from '../../operation.ts'
import { createResourceServer } from './create-resource-server.ts'
import { deleteResourceServer } from './delete-resource-server.ts'
import { describeResourceServer } from './describe-resource-server.ts'
import { listResourceServers } from './list-resource-servers.ts'
import { updateResourceServer } from './update-resource-server.ts'

export const resourceServerOperations: readonly AnyOperation[] = [
  createResourceServer,
  describeResourceServer,
  updateResourceServer,
  listResourceServers,
  deleteResourceServer,
]
