// Issues what ends a sign-in or a refresh: ID, access and (for a sign-in) refresh token.
import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider'
import type { AppClient } from '../directory/records/app-client.ts'
import type { User } from '../directory/records/user.ts'
import { publicPools } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { tokenLifetimes } from '../directory/token-lifetimes.ts'
import { groupsOf } from '../directory/user-groups.ts'
import type { Records } from '../vault/records.ts'
import type { AuthenticationClaims } from './authentication-methods.ts'
import { poolSecrets } from './pool-secrets.ts'
import { type RefreshToken, sealRefreshToken } from './refresh-token.ts'
import { signJwt } from './signed-jwt.ts'
import { accessClaims, idClaims, seconds, type TokenFacts } from './token-claims.ts'
import { makeEventId, makeTokenId } from './token-id.ts'
import { changeAccessClaims, changeIdClaims, type TokenOccasion, tokenChangesFor } from './token-triggers.ts'

export type PoolData = { readonly poolId: string; readonly records: Records }
type TokenRuntime = Pick<Runtime, 'clock' | 'random' | 'endpoints' | 'triggers'>

/** Where a family of tokens comes from: kept through every refresh. */
export type TokenOrigin = Pick<
  RefreshToken,
  'originJti' | 'eventId' | 'authTimeMs' | 'deviceKey' | 'isBoundToDevice' | 'acr' | 'amr'
> & {
  /** When the family's refresh tokens end. */
  readonly refreshExpiresAtMs: number
}

export const newOrigin = (client: AppClient, runtime: Pick<Runtime, 'clock' | 'random'>): TokenOrigin => ({
  originJti: makeTokenId(runtime),
  eventId: makeEventId(runtime.random),
  authTimeMs: runtime.clock.now(),
  refreshExpiresAtMs: runtime.clock.now() + tokenLifetimes(client).refreshTokenMs,
})

const deviceOf = ({
  deviceKey,
  isBoundToDevice,
}: TokenOrigin): Pick<RefreshToken, 'deviceKey' | 'isBoundToDevice'> =>
  deviceKey === undefined ? {} : { deviceKey, ...(isBoundToDevice === undefined ? {} : { isBoundToDevice }) }

const authenticationOf = ({ acr, amr }: TokenOrigin): AuthenticationClaims => ({
  ...(acr === undefined ? {} : { acr }),
  ...(amr === undefined ? {} : { amr }),
})

/** The issuer under which this Region issues for the pool now. Rejects with an Error when the pool has no public record. */
export const issuerOf = async (pool: PoolData, runtime: Pick<Runtime, 'endpoints'>): Promise<string> => {
  const stored = await pool.records.get(publicPools, pool.poolId)
  if (stored === undefined) throw new Error(`pool ${pool.poolId} has no public record`)
  return runtime.endpoints.issuer(pool.poolId, stored.value.issuerType)
}

/** ID and access token; the refresh token only when `withRefreshToken`. */
export const issueTokens = async (
  pool: PoolData,
  about: {
    readonly client: AppClient
    readonly user: User
    readonly origin: TokenOrigin
    readonly withRefreshToken: boolean
    readonly occasion: TokenOccasion
  },
  runtime: TokenRuntime,
): Promise<AuthenticationResultType> => {
  const { client, user, origin } = about
  const [issuer, groups, secrets] = await Promise.all([
    issuerOf(pool, runtime),
    groupsOf(pool.records, user.usernameKey),
    poolSecrets(pool.poolId, pool.records),
  ])
  const lifetimes = tokenLifetimes(client)
  const nowMs = runtime.clock.now()
  const facts: TokenFacts = {
    issuer,
    client,
    user,
    groups,
    originJti: client.settings.EnableTokenRevocation === false ? undefined : origin.originJti,
    eventId: origin.eventId,
    authTimeMs: origin.authTimeMs,
    issuedAtMs: nowMs,
    deviceKey: origin.deviceKey,
    authentication: authenticationOf(origin),
  }
  const changes = await tokenChangesFor(pool, { ...about, groups }, runtime)
  const forId = idClaims(facts, nowMs + lifetimes.idTokenMs, makeTokenId(runtime))
  const forAccess = accessClaims(facts, nowMs + lifetimes.accessTokenMs, makeTokenId(runtime))
  const [idToken, accessToken] = await Promise.all([
    signJwt('id', changes === undefined ? forId : changeIdClaims(forId, changes), pool.records),
    signJwt(
      'access',
      changes === undefined ? forAccess : changeAccessClaims(forAccess, changes),
      pool.records,
    ),
  ])
  const refreshToken: RefreshToken = {
    poolId: pool.poolId,
    clientId: client.clientId,
    sub: user.sub,
    usernameKey: user.usernameKey,
    jti: makeEventId(runtime.random),
    originJti: origin.originJti,
    eventId: origin.eventId,
    authTimeMs: origin.authTimeMs,
    issuedAtMs: nowMs,
    expiresAtMs: origin.refreshExpiresAtMs,
    ...deviceOf(origin),
    ...authenticationOf(origin),
  }
  return {
    AccessToken: accessToken,
    ExpiresIn: seconds(lifetimes.accessTokenMs),
    IdToken: idToken,
    TokenType: 'Bearer',
    ...(about.withRefreshToken
      ? { RefreshToken: sealRefreshToken(refreshToken, secrets.refreshToken, runtime.random) }
      : {}),
  }
}
