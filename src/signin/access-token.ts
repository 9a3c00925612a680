// Access tokens as the API's own operations accept them: signed by the pool, alive, of a user who is still there.

import { readPool } from '../directory/read-pool.ts'
import { type User, users } from '../directory/records/user.ts'
import { publicPools } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { usernameKeyOf } from '../directory/username-rules.ts'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { isRevoked } from './revocation.ts'
import { type Claims, verifiedClaims } from './signed-jwt.ts'
import { userScope } from './token-claims.ts'
import { issuedAtOf } from './token-id.ts'

export type AccessToken = {
  readonly claims: Claims
  readonly user: Stored<User>
  readonly clientId: string
  readonly originJti: string | undefined
  readonly issuedAtMs: number
}

/** What a good token without the scope that an operation wants is refused with. */
export const lacksScopes = 'Access Token does not have required scopes'

const refuse = (message: string): Fault => new Fault('NotAuthorizedException', message)

const text = (claims: Claims, name: string): string => {
  const value = claims[name]
  if (typeof value !== 'string') throw refuse('Invalid Access Token')
  return value
}

/**
 * The token's claims and user. Throws NotAuthorizedException ("Invalid Access Token", "Could not verify signature for Access Token",
 * "Access Token has expired", "Access Token has been revoked", "Access Token does not have required scopes", "User is disabled."),
 * UserNotFoundException for a user deleted since, or PasswordResetRequiredException for one whose password an administrator reset since.
 * Tokens of every Region and of both issuer types are good: they are told by the pool's keys, and the issuer must name the pool.
 */
export const verifyAccessToken = async (
  jwt: string,
  pool: { readonly poolId: string; readonly records: Records },
  runtime: Pick<Runtime, 'clock' | 'endpoints'>,
  { mustHave = userScope }: { readonly mustHave?: string } = {},
): Promise<AccessToken> => {
  const published = await pool.records.get(publicPools, pool.poolId)
  const claims = published === undefined ? undefined : verifiedClaims(jwt, published.value)
  if (claims === 'forged') throw refuse('Could not verify signature for Access Token')
  if (claims === undefined || claims.token_use !== 'access') throw refuse('Invalid Access Token')
  if (runtime.endpoints.poolIdOfIssuer(text(claims, 'iss')) !== pool.poolId)
    throw refuse('Invalid Access Token')
  const { exp, origin_jti: originJti } = claims
  const issuedAtMs = issuedAtOf(text(claims, 'jti'))
  if (typeof exp !== 'number' || issuedAtMs === undefined) throw refuse('Invalid Access Token')
  if (runtime.clock.now() >= exp * 1_000) throw refuse('Access Token has expired')
  // A machine's token has neither user nor this scope.
  if (!text(claims, 'scope').split(' ').includes(mustHave)) throw refuse(lacksScopes)
  const token = {
    sub: text(claims, 'sub'),
    originJti: typeof originJti === 'string' ? originJti : undefined,
    issuedAtMs,
  }
  if (await isRevoked(pool.records, token)) throw refuse('Access Token has been revoked')
  const userPool = (await readPool(pool)).value
  const user = await pool.records.get(users, usernameKeyOf(userPool, text(claims, 'username')))
  if (user?.value.sub !== token.sub) throw new Fault('UserNotFoundException', 'User does not exist.')
  if (!user.value.isEnabled) throw refuse('User is disabled.')
  // The API reference lists it for every operation of a signed-in user: whoever knew the old password may hold this token.
  if (user.value.status === 'RESET_REQUIRED')
    throw new Fault('PasswordResetRequiredException', 'Password reset required for the user')
  return { claims, user, clientId: text(claims, 'client_id'), ...token }
}
