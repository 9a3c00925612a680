// What is stored of an app client, its secrets, and the resource servers whose scopes it may ask for.
import type { CreateUserPoolClientRequest } from '@aws-sdk/client-cognito-identity-provider'
import { collection } from '../../vault/collection.ts'

/** A client secret: readable by the owner (DescribeUserPoolClient), so it is kept sealed and not hashed. */
export type ClientSecret = {
  readonly secretId: string
  readonly secret: string
  readonly createdAtMs: number
}

/** Settings with Amazon's defaults filled in. */
export type AppClient = {
  readonly clientId: string
  readonly name: string
  readonly createdAtMs: number
  readonly modifiedAtMs: number
  /** How long a hosted sign-in is reused, minutes; what SetUserPoolClientSessionConfiguration sets. */
  readonly ssoMaxValidityMinutes?: number
  /** Empty for a public client; a client has at most two. */
  readonly secrets: readonly ClientSecret[]
  readonly settings: Omit<
    CreateUserPoolClientRequest,
    'UserPoolId' | 'ClientName' | 'GenerateSecret' | 'ClientSecret'
  >
}

export const appClients = collection<AppClient, 'replicated'>('clients', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ clientId }) => clientId,
  terms: ({ clientId }) => [{ name: 'client', value: clientId, regionWide: true }],
})

export type ResourceServer = {
  readonly identifier: string
  readonly name: string
  readonly scopes: readonly { readonly name: string; readonly description: string }[]
}

export const resourceServers = collection<ResourceServer, 'replicated'>('resource-servers', {
  locality: 'replicated',
  isCached: true,
  keyOf: ({ identifier }) => identifier,
})
