// New tokens for a refresh token: REFRESH_TOKEN_AUTH, GetTokensFromRefreshToken and the token endpoint's refresh_token grant.
import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider'
import type { PoolScope } from '../directory/operation.ts'
import { readPool } from '../directory/read-pool.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import { usedRefreshTokens } from '../directory/records/used-refresh-token.ts'
import { type User, users } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { findDevice } from '../directory/user-devices.ts'
import { Fault } from '../wire/fault.ts'
import { checkMaySignIn } from './complete-sign-in.ts'
import { expiredAmong } from './expired-records.ts'
import { issueTokens } from './issue-tokens.ts'
import { poolSecrets } from './pool-secrets.ts'
import { openRefreshToken, type RefreshToken } from './refresh-token.ts'
import { isRevoked } from './revocation.ts'
import { userDoesNotExist } from './sign-in-candidate.ts'
import { renewSession } from './token-sessions.ts'

type PoolAccess = PoolScope<'regional'>
type RefreshRuntime = Pick<Runtime, 'clock' | 'random' | 'endpoints' | 'triggers'> & {
  /** Where the request comes from. */
  readonly sourceIp: string
}

const refuse = (message: string): Fault => new Fault('NotAuthorizedException', message)

const invalidRefreshToken = (): Fault => refuse('Invalid Refresh Token.')

export const rotates = (client: AppClient): boolean =>
  client.settings.RefreshTokenRotation?.Feature === 'ENABLED'

/** A live refresh token of this client, and its user. Throws NotAuthorizedException, UserNotFoundException, or what the user's state asks for. */
export const readRefreshToken = async (
  pool: PoolAccess,
  client: AppClient,
  sealed: string,
  runtime: Pick<Runtime, 'clock'>,
): Promise<{ readonly token: RefreshToken; readonly user: User }> => {
  const secrets = await poolSecrets(pool.poolId, pool.records)
  const token = openRefreshToken(sealed, secrets.refreshToken)
  if (token === undefined || token.poolId !== pool.poolId || token.clientId !== client.clientId)
    throw invalidRefreshToken()
  if (runtime.clock.now() >= token.expiresAtMs) throw refuse('Refresh Token has expired')
  if (await isRevoked(pool.records, token)) throw refuse('Refresh Token has been revoked')
  const stored = await pool.records.get(users, token.usernameKey)
  // A user who was deleted and made again is another user, with another sub.
  if (stored?.value.sub !== token.sub) throw userDoesNotExist()
  checkMaySignIn(stored.value)
  return { token, user: stored.value }
}

/** "You must provide the confirmed device key" (API reference, GetTokensFromRefreshToken, DeviceKey): a forgotten device is no more of use. */
const checkDevice = async (
  { records }: PoolAccess,
  userPool: UserPool,
  about: { readonly token: RefreshToken; readonly user: User; readonly deviceKey: string | undefined },
): Promise<void> => {
  const { token, user, deviceKey } = about
  if (token.isBoundToDevice !== true || userPool.settings.DeviceConfiguration === undefined) return
  const isConfirmed =
    deviceKey !== undefined &&
    deviceKey === token.deviceKey &&
    (await findDevice(records, user, deviceKey)) !== undefined
  if (!isConfirmed) throw invalidRefreshToken()
}

/** How many expired records one rotation clears away: more than it adds, so they can't pile up. */
const sweptPerRotation = 10

/** Marks the token as used up. Throws RefreshTokenReuseException when it was, and the client's grace period is over. */
const useUp = async (
  pool: PoolAccess,
  client: AppClient,
  token: RefreshToken,
  runtime: Pick<Runtime, 'clock' | 'random'>,
): Promise<void> => {
  const nowMs = runtime.clock.now()
  const graceMs = (client.settings.RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0) * 1_000
  const used = await pool.records.get(usedRefreshTokens, token.jti)
  if (used !== undefined) {
    if (nowMs < used.value.usedAtMs + graceMs) return
    throw new Fault('RefreshTokenReuseException', 'Refresh token has already been used.')
  }
  const expired = await expiredAmong(pool.records, usedRefreshTokens, sweptPerRotation, runtime)
  await pool.records.commit((changes) => {
    changes.create(usedRefreshTokens, { jti: token.jti, usedAtMs: nowMs, expiresAtMs: token.expiresAtMs })
    for (const stored of expired) changes.delete(usedRefreshTokens, stored)
  })
}

/** Issues new tokens; for a client whose refresh tokens rotate also a new refresh token, with the rest of the old one's time. */
export const refreshTokens = async (
  pool: PoolAccess,
  client: AppClient,
  sealed: string,
  runtime: RefreshRuntime,
  given: {
    readonly clientMetadata?: Readonly<Record<string, string>> | undefined
    readonly deviceKey?: string | undefined
  } = {},
): Promise<AuthenticationResultType> => {
  const { token, user } = await readRefreshToken(pool, client, sealed, runtime)
  const userPool = (await readPool(pool)).value
  await checkDevice(pool, userPool, { token, user, deviceKey: given.deviceKey })
  if (rotates(client)) await useUp(pool, client, token, runtime)
  const tokens = await issueTokens(
    pool,
    {
      client,
      user,
      origin: { ...token, refreshExpiresAtMs: token.expiresAtMs },
      withRefreshToken: rotates(client),
      occasion: { source: 'RefreshTokens', clientMetadata: given.clientMetadata },
    },
    runtime,
  )
  const { originJti } = token
  await renewSession(pool, userPool, { originJti, sourceIp: runtime.sourceIp }, runtime)
  return tokens
}
