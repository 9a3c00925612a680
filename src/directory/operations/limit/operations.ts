// The operations on rate limits that are built.
import type { AnyOperation } from '../../operation.ts'
import { getProvisionedLimit } from './get-provisioned-limit.ts'
import { updateProvisionedLimit } from './update-provisioned-limit.ts'

export const limitOperations: readonly AnyOperation[] = [getProvisionedLimit, updateProvisionedLimit]
