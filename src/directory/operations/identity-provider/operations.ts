// The operations on identity providers that are built.
import type { AnyOperation } from '../../operation.ts'
import { createIdentityProvider } from './create-identity-provider.ts'
import { deleteIdentityProvider } from './delete-identity-provider.ts'
import { describeIdentityProvider } from './describe-identity-provider.ts'
import { getIdentityProviderByIdentifier } from './get-identity-provider-by-identifier.ts'
import { listIdentityProviders } from './list-identity-providers.ts'
import { updateIdentityProvider } from './update-identity-provider.ts'

export const identityProviderOperations: readonly AnyOperation[] = [
  createIdentityProvider,
  updateIdentityProvider,
  deleteIdentityProvider,
  describeIdentityProvider,
  getIdentityProviderByIdentifier,
  listIdentityProviders,
]
