// Resource servers: how their scopes are named, what they must satisfy, and how they are shown.
import type { ResourceServerScopeType, ResourceServerType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type ResourceServer, resourceServers } from './records/app-client.ts'

/** Resource servers that a pool can have (developer guide, "Quotas"). */
export const resourceServersMax = 25

/** The scopes as a client asks for them. */
export const scopesOf = ({ identifier, scopes }: ResourceServer): readonly string[] =>
  scopes.map(({ name }) => `${identifier}/${name}`)

/** The stored form of the scopes in a request. InvalidParameterException when a name is there twice. */
export const givenScopes = (given: readonly ResourceServerScopeType[] = []): ResourceServer['scopes'] => {
  const names = given.map(({ ScopeName }) => ScopeName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new Fault('InvalidParameterException', `Scope ${twice} is given more than once.`)
  return given.map(({ ScopeName, ScopeDescription }) => ({
    name: ScopeName ?? '',
    description: ScopeDescription ?? '',
  }))
}

export const readResourceServer = async (
  { records }: { readonly records: Records },
  identifier: string | undefined,
): Promise<Stored<ResourceServer>> => {
  const stored = identifier === undefined ? undefined : await records.get(resourceServers, identifier)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `Resource server ${identifier} does not exist.`)
  return stored
}

export const describedResourceServer = (poolId: string, server: ResourceServer): ResourceServerType => ({
  UserPoolId: poolId,
  Identifier: server.identifier,
  Name: server.name,
  Scopes: server.scopes.map(({ name, description }) => ({ ScopeName: name, ScopeDescription: description })),
})
