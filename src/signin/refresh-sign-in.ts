// REFRESH_TOKEN_AUTH: new tokens for a refresh token, asked for as a sign-in.
import type { User } from '../directory/records/user.ts'
import { requireSecretHash } from '../directory/secret-hash.ts'
import { Fault } from '../wire/fault.ts'
import { readRefreshToken, refreshTokens, rotates } from './refresh.ts'
import { required, type SignInRequest, type SignInStep } from './sign-in-request.ts'

/**
 * Whose name the secret hash of a refresh is made with: the user name or the sub (developer guide, "Computing secret hash values"), or
 * the name the client knows its user by, an alias. The token itself says who it is.
 */
const checkHash = ({ client, parameters }: SignInRequest, user: User): void => {
  const given = parameters.SECRET_HASH
  const names = [user.username, user.sub, ...user.aliases.map(({ value }) => value)]
  const refusals = names.flatMap((name) => {
    try {
      requireSecretHash(client, name, given)
      return []
    } catch (error) {
      return [error]
    }
  })
  if (refusals.length === names.length) throw refusals[0]
}

export const signInWithRefreshToken: SignInStep = async (request) => {
  const { client, parameters, context } = request
  // Two names for one thing: Amazon's SDKs send REFRESH_TOKEN.
  const sealed = required(parameters, 'REFRESH_TOKEN')
  if (rotates(client))
    throw new Fault(
      'UnsupportedOperationException',
      'Refresh token rotation is enabled for this client. Use GetTokensFromRefreshToken.',
    )
  if (client.secrets.length > 0 && parameters.SECRET_HASH === undefined)
    requireSecretHash(client, '', undefined)
  const { user } = await readRefreshToken(context.pool, client, sealed, context)
  checkHash(request, user)
  return {
    ChallengeParameters: {},
    AuthenticationResult: await refreshTokens(context.pool, client, sealed, context, {
      deviceKey: parameters.DEVICE_KEY,
    }),
  }
}
