// What the pre token generation function changes of a user's tokens, and what no function can (developer guide, "Pre token generation Lambda trigger").
import type { AppClient } from '../directory/records/app-client.ts'
import type { Group, User } from '../directory/records/user.ts'
import type { Runtime } from '../directory/runtime.ts'
import type {
  ClaimChanges,
  GroupConfiguration,
  TokenChanges,
  TokenGenerationSource,
  TriggerScope,
} from '../directory/triggers-port.ts'
import type { Claims } from './signed-jwt.ts'
import { preferredRole, userScope } from './token-claims.ts'

/** "Excluded claims and scopes": what can't be added, changed or suppressed in either token. */
const excludedFromBoth = [
  'acr',
  'amr',
  'at_hash',
  'auth_time',
  'azp',
  'exp',
  'iat',
  'iss',
  'jti',
  'nbf',
  'nonce',
  'origin_jti',
  'sub',
  'token_use',
]
/** What groupOverrideDetails is for. */
const groupClaims = ['cognito:groups', 'cognito:roles', 'cognito:preferred_role']
const excluded = {
  idToken: new Set([...excludedFromBoth, ...groupClaims, 'identities', 'aud', 'cognito:username']),
  accessToken: new Set([
    ...excludedFromBoth,
    ...groupClaims,
    'username',
    'client_id',
    'scope',
    'device_key',
    'event_id',
    'version',
  ]),
}
/** Scopes of Cognito's own, and prefixes of claims that are AWS's. */
const reservedScopePrefix = 'aws.cognito'
const reservedClaimPrefixes = ['dev:', 'aws:'] as const

type TokenName = keyof typeof excluded

const isChangeable = (token: TokenName, name: string): boolean =>
  !excluded[token].has(name) && !reservedClaimPrefixes.some((prefix) => name.startsWith(prefix))

/** "If a value is both suppressed and replaced, it is suppressed." */
const changedClaims = (token: TokenName, claims: Claims, { add, suppress }: ClaimChanges): Claims => {
  const dropped = new Set(suppress.filter((name) => isChangeable(token, name)))
  const added = Object.entries(add).filter(([name]) => isChangeable(token, name))
  return Object.fromEntries([...Object.entries(claims), ...added].filter(([name]) => !dropped.has(name)))
}

/** The claims with the groups replaced: in the access token only their names. */
const withGroups = (token: TokenName, claims: Claims, groups: GroupConfiguration): Claims => {
  const others = Object.entries(claims).filter(([name]) => !groupClaims.includes(name))
  const { groupsToOverride, iamRolesToOverride, preferredRole: role } = groups
  return {
    ...Object.fromEntries(others),
    ...(groupsToOverride.length === 0 ? {} : { 'cognito:groups': groupsToOverride }),
    ...(token === 'accessToken' || iamRolesToOverride.length === 0
      ? {}
      : { 'cognito:roles': iamRolesToOverride }),
    ...(token === 'accessToken' || role === undefined ? {} : { 'cognito:preferred_role': role }),
  }
}

const changedScopes = (
  scope: string,
  { scopesToAdd, scopesToSuppress }: TokenChanges['accessToken'],
): string => {
  const added = scopesToAdd.filter((name) => !name.startsWith(reservedScopePrefix))
  const kept = [...scope.split(' '), ...added].filter((name) => !scopesToSuppress.includes(name))
  return [...new Set(kept)].join(' ')
}

export const changeIdClaims = (claims: Claims, changes: TokenChanges): Claims => {
  const changed = changedClaims('idToken', claims, changes.idToken)
  return changes.groups === undefined ? changed : withGroups('idToken', changed, changes.groups)
}

export const changeAccessClaims = (claims: Claims, changes: TokenChanges): Claims => {
  const { add, suppress } = changes.accessToken
  // "You can add an aud claim to access tokens, but its value must match the app client ID of the current session."
  const allowed = Object.entries(add).filter(([name, value]) => name !== 'aud' || value === claims.client_id)
  const changed = changedClaims('accessToken', claims, { add: Object.fromEntries(allowed), suppress })
  const scope = typeof claims.scope === 'string' ? claims.scope : ''
  const scoped = { ...changed, scope: changedScopes(scope, changes.accessToken) }
  return changes.groups === undefined ? scoped : withGroups('accessToken', scoped, changes.groups)
}

/** Why tokens are issued, for the function. */
export type TokenOccasion = {
  readonly source: TokenGenerationSource
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined
}

const groupConfiguration = (groups: readonly Group[]): GroupConfiguration => ({
  groupsToOverride: groups.map(({ name }) => name),
  iamRolesToOverride: groups.flatMap(({ roleArn }) => (roleArn === undefined ? [] : [roleArn])),
  preferredRole: preferredRole(groups),
})

/** What the pool's function wants of this user's tokens; undefined without one. */
export const tokenChangesFor = (
  pool: TriggerScope,
  about: {
    readonly client: AppClient
    readonly user: User
    readonly groups: readonly Group[]
    readonly occasion: TokenOccasion
  },
  { triggers }: Pick<Runtime, 'triggers'>,
): Promise<TokenChanges | undefined> =>
  triggers.tokenGeneration(pool, {
    ...about.occasion,
    clientId: about.client.clientId,
    user: about.user,
    groups: groupConfiguration(about.groups),
    scopes: [userScope],
  })
