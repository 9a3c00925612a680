// The operations on a pool's domains.
import type { AnyOperation } from '../../operation.ts'
import { createUserPoolDomain } from './create-user-pool-domain.ts'
import { deleteUserPoolDomain } from './delete-user-pool-domain.ts'
import { describeUserPoolDomain } from './describe-user-pool-domain.ts'
import { updateUserPoolDomain } from './update-user-pool-domain.ts'

export const domainOperations: readonly AnyOperation[] = [
  createUserPoolDomain,
  describeUserPoolDomain,
  updateUserPoolDomain,
  deleteUserPoolDomain,
]
