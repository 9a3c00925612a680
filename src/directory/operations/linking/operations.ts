// The operations on linked identities that are built.
import type { AnyOperation } from '../../operation.ts'
import { adminDisableProviderForUser } from './admin-disable-provider-for-user.ts'
import { adminLinkProviderForUser } from './admin-link-provider-for-user.ts'

export const linkingOperations: readonly AnyOperation[] = [
  adminLinkProviderForUser,
  adminDisableProviderForUser,
]
