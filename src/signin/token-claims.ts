// The claims of Cognito's tokens (developer guide, "Understanding the identity (ID) token" and "Understanding the access token").
import { identitiesOf } from '../directory/linked-identities.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import type { Group, User } from '../directory/records/user.ts'
import type { AuthenticationClaims } from './authentication-methods.ts'
import type { Claims } from './signed-jwt.ts'

export const userScope = 'aws.cognito.signin.user.admin'

/** What both tokens of one issue share. Times in ms. */
export type TokenFacts = {
  readonly issuer: string
  readonly client: AppClient
  readonly user: User
  readonly groups: readonly Group[]
  /** Undefined for a client without token revocation. */
  readonly originJti: string | undefined
  readonly eventId: string
  readonly authTimeMs: number
  readonly issuedAtMs: number
  /** The device that the sign-in came from, in a pool that tracks devices. */
  readonly deviceKey: string | undefined
  readonly authentication: AuthenticationClaims
}

export const seconds = (ms: number): number => Math.floor(ms / 1_000)

const verifiedFlags = new Set(['email_verified', 'phone_number_verified'])

/** Without ReadAttributes a client reads every attribute that isn't for developers only. */
export const isReadable = (name: string, client: AppClient): boolean => {
  const readable = client.settings.ReadAttributes
  return readable === undefined || readable.length === 0 ? !name.startsWith('dev:') : readable.includes(name)
}

const claimOf = (name: string, value: string): unknown => {
  if (verifiedFlags.has(name)) return value === 'true'
  // OpenID Connect Core 1.0 section 5.1.1: an address is an object.
  return name === 'address' ? { formatted: value } : value
}

const attributeClaims = (user: User, client: AppClient): Claims =>
  Object.fromEntries(
    Object.entries(user.attributes)
      .filter(([name]) => name !== 'sub' && name !== 'identities' && isReadable(name, client))
      .map(([name, value]) => [name, claimOf(name, value)]),
  )

/** Identities at other providers, every value a text (developer guide, "Understanding the identity (ID) token"). */
const identityClaims = ({ attributes }: User): Claims => {
  const identities = identitiesOf(attributes)
  if (identities.length === 0) return {}
  return {
    identities: identities.map(({ primary, dateCreated, ...identity }) => ({
      ...identity,
      primary: String(primary),
      dateCreated: String(dateCreated),
    })),
  }
}

/**
 * The role of the group with the lowest precedence, groups without one coming last; none when two such groups disagree (developer guide,
 * "Adding groups to a user pool").
 */
export const preferredRole = (groups: readonly Group[]): string | undefined => {
  const levelOf = ({ precedence }: Group): number => precedence ?? Number.POSITIVE_INFINITY
  const best = Math.min(...groups.map(levelOf))
  const roles = new Set(groups.filter((group) => levelOf(group) === best).map(({ roleArn }) => roleArn))
  return roles.size === 1 ? [...roles][0] : undefined
}

const groupClaims = (groups: readonly Group[]): Claims =>
  groups.length === 0 ? {} : { 'cognito:groups': groups.map(({ name }) => name) }

const roleClaims = (groups: readonly Group[]): Claims => {
  const roles = groups.flatMap(({ roleArn }) => (roleArn === undefined ? [] : [roleArn]))
  const preferred = preferredRole(groups)
  return {
    ...(roles.length === 0 ? {} : { 'cognito:roles': roles }),
    ...(preferred === undefined ? {} : { 'cognito:preferred_role': preferred }),
  }
}

const sharedClaims = (facts: TokenFacts, expiresAtMs: number, jti: string): Claims => ({
  sub: facts.user.sub,
  ...groupClaims(facts.groups),
  iss: facts.issuer,
  ...(facts.originJti === undefined ? {} : { origin_jti: facts.originJti }),
  event_id: facts.eventId,
  ...facts.authentication,
  auth_time: seconds(facts.authTimeMs),
  exp: seconds(expiresAtMs),
  iat: seconds(facts.issuedAtMs),
  jti,
})

export const idClaims = (facts: TokenFacts, expiresAtMs: number, jti: string): Claims => ({
  ...attributeClaims(facts.user, facts.client),
  ...identityClaims(facts.user),
  ...roleClaims(facts.groups),
  ...sharedClaims(facts, expiresAtMs, jti),
  'cognito:username': facts.user.username,
  aud: facts.client.clientId,
  token_use: 'id',
})

export const accessClaims = (facts: TokenFacts, expiresAtMs: number, jti: string): Claims => ({
  ...sharedClaims(facts, expiresAtMs, jti),
  ...(facts.deviceKey === undefined ? {} : { device_key: facts.deviceKey }),
  client_id: facts.client.clientId,
  token_use: 'access',
  scope: userScope,
  username: facts.user.username,
})
