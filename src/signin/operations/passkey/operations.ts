// The operations on passkeys that are built.
import type { AnyOperation } from '../../../directory/operation.ts'
import { completeWebAuthnRegistration } from './complete-web-authn-registration.ts'
import { deleteWebAuthnCredential } from './delete-web-authn-credential.ts'
import { listWebAuthnCredentials } from './list-web-authn-credentials.ts'
import { startWebAuthnRegistration } from './start-web-authn-registration.ts'

export const passkeyOperations: readonly AnyOperation[] = [
  completeWebAuthnRegistration,
  deleteWebAuthnCredential,
  listWebAuthnCredentials,
  startWebAuthnRegistration,
]
