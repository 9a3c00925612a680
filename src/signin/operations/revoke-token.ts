// RevokeToken: ends a refresh token and every token that came from it.
import { operation } from '../../directory/operation.ts'
import { Fault } from '../../wire/fault.ts'
import { isSecretOf } from '../client-secret.ts'
import { revokeRefreshToken } from '../revoke-refresh-token.ts'
import { clientOfPool } from '../sign-in-request.ts'

export const revokeToken = operation({
  name: 'RevokeToken',
  runs: 'active',
  handle: async (input, context) => {
    const client = await clientOfPool(input.ClientId ?? '', context.pool)
    if (!isSecretOf(client, input.ClientSecret))
      throw new Fault('UnauthorizedException', `Unable to verify secret for client ${client.clientId}`)
    await revokeRefreshToken(context.pool, client, input.Token ?? '', context)
    return {}
  },
})
