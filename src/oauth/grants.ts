// The token endpoint's grants (developer guide, "The token issuer endpoint"): a table of grant_type and what it gives.
import { systemScopes } from '../directory/client-rules.ts'
import type { Runtime } from '../directory/runtime.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { issuerOf } from '../signin/issue-tokens.ts'
import { refreshTokens } from '../signin/refresh.ts'
import { signJwt } from '../signin/signed-jwt.ts'
import { seconds } from '../signin/token-claims.ts'
import { makeTokenId } from '../signin/token-id.ts'
import { changeAccessClaims } from '../signin/token-triggers.ts'
import type { ClientRequest } from './client-request.ts'
import { OauthError } from './oauth-error.ts'

/** RFC 6749 section 5.1, with Cognito's `id_token`. */
export type TokenAnswer = {
  readonly id_token?: string | undefined
  readonly access_token: string | undefined
  readonly refresh_token?: string
  readonly expires_in: number
  readonly token_type: 'Bearer'
}

type Grant = (request: ClientRequest, runtime: Runtime) => Promise<TokenAnswer>

/** The scopes asked for, when all of them are allowed; without any, all that the client has of resource servers. */
const grantedScope = (asked: string | null, allowed: readonly string[]): string => {
  const custom = allowed.filter((scope) => !systemScopes.has(scope))
  const wanted = (asked ?? '').split(' ').filter((scope) => scope !== '')
  if (wanted.some((scope) => !custom.includes(scope)) || custom.length === 0)
    throw new OauthError('invalid_scope')
  return (wanted.length === 0 ? custom : [...new Set(wanted)]).join(' ')
}

/** The token endpoint's `aws_client_metadata`: a JSON object of texts for the pool's function. */
const metadataIn = (form: URLSearchParams): Readonly<Record<string, string>> | undefined => {
  const given = form.get('aws_client_metadata')
  if (given === null || given === '') return undefined
  try {
    const metadata: unknown = JSON.parse(given)
    const isMap = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
    if (isMap && Object.values(metadata).every((value) => typeof value === 'string'))
      return metadata as Readonly<Record<string, string>>
  } catch {
    // Not JSON: refused like any other text that is no map.
  }
  throw new OauthError('invalid_request')
}

const clientCredentials: Grant = async ({ form, client, pool }, runtime) => {
  const { AllowedOAuthFlows, AllowedOAuthFlowsUserPoolClient, AllowedOAuthScopes } = client.settings
  const isAllowed = AllowedOAuthFlowsUserPoolClient === true && client.secrets.length > 0
  if (!isAllowed || !(AllowedOAuthFlows ?? []).includes('client_credentials'))
    throw new OauthError('unauthorized_client')
  const scope = grantedScope(form.get('scope'), AllowedOAuthScopes ?? [])
  const nowMs = runtime.clock.now()
  const lifetimeMs = tokenLifetimes(client).accessTokenMs
  const claims = {
    sub: client.clientId,
    token_use: 'access',
    scope,
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
    clientMetadata: metadataIn(form),
    groups: { groupsToOverride: [], iamRolesToOverride: [] },
    scopes: scope.split(' '),
  })
  const changed = changes === undefined ? claims : changeAccessClaims(claims, changes)
  return {
    access_token: await signJwt('access', changed, pool.records),
    expires_in: seconds(lifetimeMs),
    token_type: 'Bearer',
  }
}

const refreshToken: Grant = async ({ form, client, pool }, runtime) => {
  const sealed = form.get('refresh_token')
  if (sealed === null || sealed === '') throw new OauthError('invalid_request')
  const { IdToken, AccessToken, RefreshToken, ExpiresIn } = await refreshTokens(pool, client, sealed, runtime)
  return {
    id_token: IdToken,
    access_token: AccessToken,
    ...(RefreshToken === undefined ? {} : { refresh_token: RefreshToken }),
    expires_in: ExpiresIn ?? 0,
    token_type: 'Bearer',
  }
}

export const grants: Readonly<Record<string, Grant>> = {
  client_credentials: clientCredentials,
  refresh_token: refreshToken,
}
