// The operations on users' second factors that are built.
import type { AnyOperation } from '../../../directory/operation.ts'
import { adminDeleteSoftwareToken } from './admin-delete-software-token.ts'
import { adminGetUserAuthFactors } from './admin-get-user-auth-factors.ts'
import { adminSetUserMfaPreference } from './admin-set-user-mfa-preference.ts'
import { adminSetUserSettings } from './admin-set-user-settings.ts'
import { associateSoftwareToken } from './associate-software-token.ts'
import { getUserAuthFactors } from './get-user-auth-factors.ts'
import { setUserMfaPreference } from './set-user-mfa-preference.ts'
import { setUserSettings } from './set-user-settings.ts'
import { verifySoftwareToken } from './verify-software-token.ts'

export const mfaOperations: readonly AnyOperation[] = [
  adminDeleteSoftwareToken,
  adminGetUserAuthFactors,
  adminSetUserMfaPreference,
  adminSetUserSettings,
  associateSoftwareToken,
  getUserAuthFactors,
  setUserMfaPreference,
  setUserSettings,
  verifySoftwareToken,
]
