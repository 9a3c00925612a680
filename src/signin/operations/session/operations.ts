// The operations on users' sessions that are built.
import type { AnyOperation } from '../../../directory/operation.ts'
import { adminListUserSessions } from './admin-list-user-sessions.ts'
import { adminRevokeUserSession } from './admin-revoke-user-session.ts'
import { getUserPoolClientSessionConfiguration } from './get-user-pool-client-session-configuration.ts'
import { getUserPoolSessionConfiguration } from './get-user-pool-session-configuration.ts'
import { listUserSessions } from './list-user-sessions.ts'
import { revokeUserSession } from './revoke-user-session.ts'
import { setUserPoolClientSessionConfiguration } from './set-user-pool-client-session-configuration.ts'
import { setUserPoolSessionConfiguration } from './set-user-pool-session-configuration.ts'

export const sessionOperations: readonly AnyOperation[] = [
  adminListUserSessions,
  adminRevokeUserSession,
  getUserPoolClientSessionConfiguration,
  getUserPoolSessionConfiguration,
  listUserSessions,
  revokeUserSession,
  setUserPoolClientSessionConfiguration,
  setUserPoolSessionConfiguration,
]
