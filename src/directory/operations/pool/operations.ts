// The operations on user pools themselves.
import type { AnyOperation } from '../../operation.ts'
import { addCustomAttributes } from './add-custom-attributes.ts'
import { createUserPool } from './create-user-pool.ts'
import { deleteUserPool } from './delete-user-pool.ts'
import { describeUserPool } from './describe-user-pool.ts'
import { getUserPoolMfaConfig } from './get-user-pool-mfa-config.ts'
import { listUserPools } from './list-user-pools.ts'
import { setUserPoolMfaConfig } from './set-user-pool-mfa-config.ts'
import { updateUserPool } from './update-user-pool.ts'

export const poolOperations: readonly AnyOperation[] = [
  createUserPool,
  describeUserPool,
  updateUserPool,
  listUserPools,
  deleteUserPool,
  addCustomAttributes,
  getUserPoolMfaConfig,
  setUserPoolMfaConfig,
]
