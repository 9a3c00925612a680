// The sign-in operations that are built.
import type { AnyOperation } from '../../directory/operation.ts'
import { accountOperations } from './account/operations.ts'
import { adminDisableUser } from './admin-disable-user.ts'
import { adminInitiateAuth } from './admin-initiate-auth.ts'
import { adminRespondToAuthChallenge } from './admin-respond-to-auth-challenge.ts'
import { adminUserGlobalSignOut } from './admin-user-global-sign-out.ts'
import { deviceOperations } from './device/operations.ts'
import { getClientToken } from './get-client-token.ts'
import { getTokensFromRefreshToken } from './get-tokens-from-refresh-token.ts'
import { getUser } from './get-user.ts'
import { globalSignOut } from './global-sign-out.ts'
import { initiateAuth } from './initiate-auth.ts'
import { mfaOperations } from './mfa/operations.ts'
import { passkeyOperations } from './passkey/operations.ts'
import { respondToAuthChallenge } from './respond-to-auth-challenge.ts'
import { revokeToken } from './revoke-token.ts'
import { sessionOperations } from './session/operations.ts'
import { threatOperations } from './threat/operations.ts'

export const signinOperations: readonly AnyOperation[] = [
  initiateAuth,
  respondToAuthChallenge,
  adminInitiateAuth,
  adminRespondToAuthChallenge,
  getTokensFromRefreshToken,
  revokeToken,
  globalSignOut,
  adminUserGlobalSignOut,
  adminDisableUser,
  getUser,
  getClientToken,
  ...accountOperations,
  ...mfaOperations,
  ...deviceOperations,
  ...passkeyOperations,
  ...sessionOperations,
  ...threatOperations,
]
