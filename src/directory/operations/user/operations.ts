// The operations on users that are built.
import type { AnyOperation } from '../../operation.ts'
import { adminConfirmSignUp } from './admin-confirm-sign-up.ts'
import { adminCreateUser } from './admin-create-user.ts'
import { adminDeleteUser } from './admin-delete-user.ts'
import { adminDeleteUserAttributes } from './admin-delete-user-attributes.ts'
import { adminEnableUser } from './admin-enable-user.ts'
import { adminGetUser } from './admin-get-user.ts'
import { adminResetUserPassword } from './admin-reset-user-password.ts'
import { adminSetUserPassword } from './admin-set-user-password.ts'
import { adminUpdateUserAttributes } from './admin-update-user-attributes.ts'
import { confirmForgotPassword } from './confirm-forgot-password.ts'
import { forgotPassword } from './forgot-password.ts'
import { listUsers } from './list-users.ts'

export const userOperations: readonly AnyOperation[] = [
  adminConfirmSignUp,
  adminCreateUser,
  adminDeleteUser,
  adminDeleteUserAttributes,
  adminEnableUser,
  adminGetUser,
  adminResetUserPassword,
  adminSetUserPassword,
  adminUpdateUserAttributes,
  confirmForgotPassword,
  forgotPassword,
  listUsers,
]
