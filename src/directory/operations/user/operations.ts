// The operations on users that are built.
import type { AnyOperation } from '../../operation.ts'
import { adminCreateUser } from './admin-create-user.ts'
import { adminGetUser } from './admin-get-user.ts'
import { adminSetUserPassword } from './admin-set-user-password.ts'

export const userOperations: readonly AnyOperation[] = [adminCreateUser, adminGetUser, adminSetUserPassword]
