// GetClientToken: a machine's access token for its client secret, through the API instead of the token endpoint.

import { operation } from '../../directory/operation.ts'
import type { AppClient } from '../../directory/records/app-client.ts'
import { Fault } from '../../wire/fault.ts'
import { isSecretOf } from '../client-secret.ts'
import { issueMachineToken, machineScopes } from '../machine-token.ts'
import { clientOfPool } from '../sign-in-request.ts'

const ownFlow: string = 'ALLOW_CLIENT_TOKEN_AUTH'

/** A client that may have such tokens of the token endpoint may have them here: same secret, same scopes (docs/decisions/sign-in.md). */
const mayHaveTokens = ({ settings }: Pick<AppClient, 'settings'>): boolean =>
  (settings.ExplicitAuthFlows ?? []).some((flow) => flow === ownFlow) ||
  (settings.AllowedOAuthFlowsUserPoolClient === true &&
    (settings.AllowedOAuthFlows ?? []).includes('client_credentials'))

export const getClientToken = operation({
  name: 'GetClientToken',
  runs: 'active',
  handle: async (input, context) => {
    const client = await clientOfPool(input.ClientId ?? '', context.pool)
    if (client.secrets.length === 0 || !isSecretOf(client, input.Secret))
      throw new Fault('NotAuthorizedException', 'Client authentication failed.')
    if (!mayHaveTokens(client))
      throw new Fault('NotAuthorizedException', 'GetClientToken is not enabled for this client.')
    const scopes = machineScopes(client, input.Scopes ?? [])
    if (scopes === undefined) throw new Fault('InvalidParameterException', 'Invalid scope requested.')
    const { accessToken, expiresInSeconds } = await issueMachineToken(
      context.pool,
      { client, scopes, clientMetadata: input.ClientMetadata },
      context,
    )
    return {
      ClientAuthenticationResult: {
        AccessToken: accessToken,
        ExpiresIn: expiresInSeconds,
        TokenType: 'Bearer',
      },
    }
  },
})
