// Revokes a refresh token and everything that came from it: RevokeToken and the revoke endpoint.
import type { PoolScope } from '../directory/operation.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import type { Runtime } from '../directory/runtime.ts'
import { Fault } from '../wire/fault.ts'
import { poolSecrets } from './pool-secrets.ts'
import { openRefreshToken } from './refresh-token.ts'
import { familyRevocation, revoke } from './revocation.ts'

/**
 * Throws UnsupportedOperationException for a client without token revocation, UnsupportedTokenTypeException for what is no refresh token
 * of this pool, and UnauthorizedException for another client's. Revoking twice, or an expired token, is no error (RFC 7009 section 2.2).
 */
export const revokeRefreshToken = async (
  pool: PoolScope<'regional'>,
  client: AppClient,
  sealed: string,
  runtime: Pick<Runtime, 'clock' | 'random' | 'replicaControl'>,
): Promise<void> => {
  if (client.settings.EnableTokenRevocation === false)
    throw new Fault('UnsupportedOperationException', 'Token revocation is not enabled for this client.')
  const secrets = await poolSecrets(pool.poolId, pool.records)
  const token = openRefreshToken(sealed, secrets.refreshToken)
  if (token === undefined)
    throw new Fault('UnsupportedTokenTypeException', 'Only refresh tokens of this user pool can be revoked.')
  if (token.clientId !== client.clientId)
    throw new Fault('UnauthorizedException', 'The token was not issued to this client.')
  const nowMs = runtime.clock.now()
  if (nowMs >= token.expiresAtMs) return
  await revoke(pool, familyRevocation(token.originJti, nowMs, token.expiresAtMs), runtime)
}
