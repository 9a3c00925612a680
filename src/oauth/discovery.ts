// Keys and discovery of a pool (OpenID Connect Discovery 1.0), from what is readable without the pool's key.
import { isCustomDomain } from '../directory/endpoints.ts'
import { publicPools } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { OauthError } from './oauth-error.ts'

export type IssuerForm = 'ORIGINAL' | 'UPDATED'

/** What a document is about; undefined when there is no such pool here. Throws OauthError 403 for the shared issuer of a pool that has none. */
const publicPoolOf = async (poolId: string, form: IssuerForm, { vault }: Pick<Runtime, 'vault'>) => {
  const stored = await vault.pool(poolId).secondary.get(publicPools, poolId)
  if (stored === undefined) return undefined
  if (form === 'UPDATED' && stored.value.issuerType !== 'UPDATED')
    throw new OauthError('invalid_request', {
      status: 403,
      description: `User pool ${poolId} has the original issuer.`,
    })
  return stored.value
}

export const jwksOf = async (
  poolId: string,
  form: IssuerForm,
  runtime: Pick<Runtime, 'vault'>,
): Promise<{ readonly keys: readonly object[] } | undefined> => {
  const pool = await publicPoolOf(poolId, form, runtime)
  return pool === undefined ? undefined : { keys: pool.jwks }
}

/** Names the endpoints that are served, at the pool's custom domain if it has one. */
export const discoveryOf = async (
  poolId: string,
  form: IssuerForm,
  runtime: Pick<Runtime, 'vault' | 'endpoints'>,
): Promise<object | undefined> => {
  const { endpoints } = runtime
  const pool = await publicPoolOf(poolId, form, runtime)
  if (pool === undefined) return undefined
  const issuer = endpoints.issuer(poolId, form)
  const { domains = [] } = pool
  const oauthOrigin = endpoints.oauthOrigin(poolId, form, domains.find(isCustomDomain) ?? domains[0])
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint: `${oauthOrigin}/oauth2/token`,
    userinfo_endpoint: `${oauthOrigin}/oauth2/userInfo`,
    revocation_endpoint: `${oauthOrigin}/oauth2/revoke`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'token'],
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
  }
}
