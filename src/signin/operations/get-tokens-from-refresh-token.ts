// GetTokensFromRefreshToken: new tokens for a refresh token, which rotates when the client says so.
import { operation } from '../../directory/operation.ts'
import { Fault } from '../../wire/fault.ts'
import { isSecretOf } from '../client-secret.ts'
import { refreshTokens } from '../refresh.ts'
import { clientOfPool } from '../sign-in-request.ts'

export const getTokensFromRefreshToken = operation({
  name: 'GetTokensFromRefreshToken',
  runs: 'active',
  handle: async (input, context) => {
    const client = await clientOfPool(input.ClientId ?? '', context.pool)
    if (!isSecretOf(client, input.ClientSecret))
      throw new Fault('NotAuthorizedException', `Unable to verify secret for client ${client.clientId}`)
    return {
      AuthenticationResult: await refreshTokens(context.pool, client, input.RefreshToken ?? '', context, {
        clientMetadata: input.ClientMetadata,
        deviceKey: input.DeviceKey,
      }),
    }
  },
})
