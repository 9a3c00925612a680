// The operations on user pools themselves.
import type { AnyOperation } from '../../operation.ts'
import { createUserPool } from './create-user-pool.ts'
import { describeUserPool } from './describe-user-pool.ts'

export const poolOperations: readonly AnyOperation[] = [createUserPool, describeUserPool]
