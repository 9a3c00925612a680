// The operations on app clients and their secrets.
import type { AnyOperation } from '../../operation.ts'
import { createUserPoolClient } from './create-user-pool-client.ts'
import { describeUserPoolClient } from './describe-user-pool-client.ts'

export const clientOperations: readonly AnyOperation[] = [createUserPoolClient, describeUserPoolClient]
