// The token endpoint's grants (developer guide, "The token issuer endpoint"): a table of grant_type and what it gives.
import type { Runtime } from '../directory/runtime.ts'
import { issueMachineToken, machineScopes } from '../signin/machine-token.ts'
import { refreshTokens } from '../signin/refresh.ts'
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
  const { AllowedOAuthFlows, AllowedOAuthFlowsUserPoolClient } = client.settings
  // A client that isn't turned on for OAuth at all is told so by another error.
  if (AllowedOAuthFlowsUserPoolClient !== true) throw new OauthError('invalid_grant')
  if (client.secrets.length === 0 || !(AllowedOAuthFlows ?? []).includes('client_credentials'))
    throw new OauthError('unauthorized_client')
  const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
  const scopes = machineScopes(client, asked)
  if (scopes === undefined) throw new OauthError('invalid_scope')
  const { accessToken, expiresInSeconds } = await issueMachineToken(
    pool,
    { client, scopes, clientMetadata: metadataIn(form) },
    runtime,
  )
  return { access_token: accessToken, expires_in: expiresInSeconds, token_type: 'Bearer' }
}

const refreshToken: Grant = async ({ form, client, pool, sourceIp }, runtime) => {
  const sealed = form.get('refresh_token')
  if (sealed === null || sealed === '') throw new OauthError('invalid_request')
  const { IdToken, AccessToken, RefreshToken, ExpiresIn } = await refreshTokens(pool, client, sealed, {
    ...runtime,
    sourceIp,
  })
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
