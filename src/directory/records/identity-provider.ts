// What is stored of an identity provider from which users of a pool may come; its secrets are sealed like everything else.
import type { IdentityProviderTypeType } from '@aws-sdk/client-cognito-identity-provider'
import { collection } from '../../vault/collection.ts'

export type IdentityProvider = {
  readonly name: string
  readonly type: IdentityProviderTypeType
  readonly details: Readonly<Record<string, string>>
  /** Attribute of the pool → claim of the provider. */
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly acrMapping?: Readonly<Record<string, string>>
  readonly identifiers: readonly string[]
  readonly createdAtMs: number
  readonly modifiedAtMs: number
}

export const identityProviders = collection<IdentityProvider, 'replicated'>('identity-providers', {
  locality: 'replicated',
  keyOf: ({ name }) => name,
  terms: ({ identifiers }) => identifiers.map((value) => ({ name: 'identifier', value })),
})
