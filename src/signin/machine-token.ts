// Access tokens of machines (RFC 6749, section 4.4; developer guide, "Scopes, M2M, and resource servers").
import { systemScopes } from '../directory/client-rules.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import type { Runtime } from '../directory/runtime.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { issuerOf, type PoolData } from './issue-tokens.ts'
import { signJwt } from './signed-jwt.ts'
import { seconds } from './token-claims.ts'
import { makeTokenId } from './token-id.ts'
import { changeAccessClaims } from './token-triggers.ts'

export type MachineToken = { readonly accessToken: string; readonly expiresInSeconds: number }

/**
 * The scopes asked for, when all of them are allowed to the client; without any, all that it has of resource servers. Undefined when it may not
 * have them, or has none.
 */
export const machineScopes = (
  { settings }: Pick<AppClient, 'settings'>,
  asked: readonly string[],
): readonly string[] | undefined => {
  const custom = (settings.AllowedOAuthScopes ?? []).filter((scope) => !systemScopes.has(scope))
  if (custom.length === 0 || asked.some((scope) => !custom.includes(scope))) return undefined
  return asked.length === 0 ? custom : [...new Set(asked)]
}

/** Signs the client's own token; the pool's function may change its claims and scopes. */
export const issueMachineToken = async (
  pool: PoolData,
  about: {
    readonly client: AppClient
    readonly scopes: readonly string[]
    readonly clientMetadata: Readonly<Record<string, string>> | undefined
  },
  runtime: Runtime,
): Promise<MachineToken> => {
  const { client, scopes, clientMetadata } = about
  const nowMs = runtime.clock.now()
  const lifetimeMs = tokenLifetimes(client).accessTokenMs
  const claims = {
    sub: client.clientId,
    token_use: 'access',
    scope: scopes.join(' '),
    auth_time: seconds(nowMs),
    iss: await issuerOf(pool, runtime),
    exp: seconds(nowMs + lifetimeMs),
    iat: seconds(nowMs),
    version: 2,
    jti: makeTokenId(runtime),
    client_id: client.clientId,
  }
  const changes = await runtime.triggers.tokenGeneration(pool, {
    source: 'ClientCredentials',
    user: undefined,
    clientId: client.clientId,
    clientMetadata,
    groups: { groupsToOverride: [], iamRolesToOverride: [] },
    scopes,
  })
  const changed = changes === undefined ? claims : changeAccessClaims(claims, changes)
  return {
    accessToken: await signJwt('access', changed, pool.records),
    expiresInSeconds: seconds(lifetimeMs),
  }
}
