// App clients of a pool, and what of the pool the rules of a client look at.
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { ClientSurroundings } from './client-rules.ts'
import { readPool } from './read-pool.ts'
import { type AppClient, appClients, resourceServers } from './records/app-client.ts'
import { identityProviders } from './records/identity-provider.ts'
import { scopesOf } from './resource-server-rules.ts'

/** More than a pool can have, also when two requests pass the limit at once. */
const resourceServersListed = 1_000
const identityProvidersListed = 1_000

type Scope = { readonly poolId: string; readonly records: Records }

export const readClient = async (
  { records }: Pick<Scope, 'records'>,
  clientId: string | undefined,
): Promise<Stored<AppClient>> => {
  const stored = clientId === undefined ? undefined : await records.get(appClients, clientId)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
  return stored
}

/** What the rules of a client look at. */
export const readSurroundings = async (
  scope: Scope,
  about: Pick<ClientSurroundings, 'hasSecret' | 'verb'>,
): Promise<ClientSurroundings> => {
  const [pool, servers, providers] = await Promise.all([
    readPool(scope),
    scope.records.list(resourceServers, { limit: resourceServersListed }),
    scope.records.list(identityProviders, { limit: identityProvidersListed }),
  ])
  return {
    ...about,
    poolId: scope.poolId,
    tier: pool.value.settings.UserPoolTier ?? 'ESSENTIALS',
    schema: pool.value.schema,
    customScopes: new Set(servers.items.flatMap(({ value }) => scopesOf(value))),
    identityProviders: new Set(providers.items.map(({ value }) => value.name)),
  }
}
