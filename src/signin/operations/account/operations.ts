// What signed-in users do with their own account.
import type { AnyOperation } from '../../../directory/operation.ts'
import { changePassword } from './change-password.ts'
import { deleteUser } from './delete-user.ts'
import { deleteUserAttributes } from './delete-user-attributes.ts'
import { getUserAttributeVerificationCode } from './get-user-attribute-verification-code.ts'
import { updateUserAttributes } from './update-user-attributes.ts'
import { verifyUserAttribute } from './verify-user-attribute.ts'

export const accountOperations: readonly AnyOperation[] = [
  changePassword,
  deleteUser,
  deleteUserAttributes,
  getUserAttributeVerificationCode,
  updateUserAttributes,
  verifyUserAttribute,
]
