// What an app client's settings must satisfy, rule by rule, in Amazon's error names and, where they are known, its words.
import type { SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import type { GivenClient } from './client-settings.ts'
import { unavailableInTier } from './pool-rules.ts'
import { areLifetimesInRange } from './token-lifetimes.ts'

/** What the rules need to know besides the request. */
export type ClientSurroundings = {
  readonly poolId: string
  readonly tier: string
  readonly schema: readonly SchemaAttributeType[]
  readonly hasSecret: boolean
  /** `identifier/scope` of every resource server in the pool. */
  readonly customScopes: ReadonlySet<string>
  /** Names of the pool's identity providers besides COGNITO. */
  readonly identityProviders: ReadonlySet<string>
  readonly verb: 'creating' | 'updating'
}

/** Scopes that every pool has (developer guide, "Scopes, M2M, and resource servers"). */
export const systemScopes: ReadonlySet<string> = new Set([
  'phone',
  'email',
  'openid',
  'profile',
  'aws.cognito.signin.user.admin',
])

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

const checkAuthFlows = (given: GivenClient, { tier }: ClientSurroundings): void => {
  const flows = given.ExplicitAuthFlows ?? []
  const newNames = flows.filter((flow) => flow.startsWith('ALLOW_'))
  if (newNames.length > 0 && newNames.length < flows.length)
    throw refuse(
      'ExplicitAuthFlows values with the ALLOW_ prefix cannot be used along with values without the ALLOW_ prefix.',
    )
  if (flows.includes('ALLOW_USER_AUTH') && tier === 'LITE') throw unavailableInTier('ALLOW_USER_AUTH', tier)
  const rotates = given.RefreshTokenRotation?.Feature === 'ENABLED'
  if (rotates && flows.includes('ALLOW_REFRESH_TOKEN_AUTH'))
    throw refuse('ALLOW_REFRESH_TOKEN_AUTH can not be enabled when refresh token rotation is enabled.')
}

const checkLifetimes = (given: GivenClient): void => {
  if (!areLifetimesInRange(given)) throw refuse('Invalid range for token validity.')
}

const localHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
/** Schemes by which a browser runs or shows what the URL itself says. */
const dangerousSchemes: readonly string[] = ['javascript:', 'data:', 'vbscript:', 'blob:', 'about:', 'file:']
const absoluteUrl = /^[A-Za-z][A-Za-z0-9+.-]*:/

/** RFC 6749 section 3.1.2: absolute, no fragment; HTTPS but for this machine and for schemes of apps. */
const checkUrl = (url: string): void => {
  if (!absoluteUrl.test(url) || !URL.canParse(url)) throw refuse(`${url} is not an absolute URI.`)
  if (url.includes('#')) throw refuse(`${url} cannot contain a fragment.`)
  const { protocol, hostname } = new URL(url)
  if (protocol === 'http:' && !localHosts.includes(hostname))
    throw refuse(`${url} cannot use the HTTP protocol.`)
  if (dangerousSchemes.includes(protocol))
    throw refuse(`${url} cannot use the scheme ${protocol.slice(0, -1)}.`)
}

const checkUrls = (given: GivenClient): void => {
  for (const url of [...(given.CallbackURLs ?? []), ...(given.LogoutURLs ?? [])]) checkUrl(url)
  const { DefaultRedirectURI } = given
  if (DefaultRedirectURI !== undefined && !given.CallbackURLs?.includes(DefaultRedirectURI))
    throw refuse('DefaultRedirectURI must be in the list of CallbackURLs.')
}

const checkOAuthFlows = (given: GivenClient, { hasSecret }: ClientSurroundings): void => {
  const flows = given.AllowedOAuthFlows ?? []
  const isForUsers = flows.includes('code') || flows.includes('implicit')
  const isForMachines = flows.includes('client_credentials')
  if (isForMachines && isForUsers)
    throw new Fault(
      'InvalidOAuthFlowException',
      'client_credentials flow can not be selected along with code flow or implicit flow.',
    )
  if (isForMachines && !hasSecret)
    throw new Fault(
      'InvalidOAuthFlowException',
      'client_credentials flow can not be selected if client does not have a client secret.',
    )
  const ofUsers = given.AllowedOAuthScopes?.find((scope) => systemScopes.has(scope))
  if (isForMachines && ofUsers !== undefined)
    throw new Fault('InvalidOAuthFlowException', `${ofUsers} is not supported with client_credentials flow`)
  if (isForUsers && !given.CallbackURLs?.length)
    throw new Fault(
      'InvalidOAuthFlowException',
      'CallbackUrls can not be empty when code flow or implicit flow is selected',
    )
  const isOAuthClient = given.AllowedOAuthFlowsUserPoolClient === true
  if (isOAuthClient && (flows.length === 0 || !given.AllowedOAuthScopes?.length))
    throw refuse(
      'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    )
}

const checkScopes = (given: GivenClient, { customScopes }: ClientSurroundings): void => {
  const unknown = given.AllowedOAuthScopes?.find(
    (scope) => !systemScopes.has(scope) && !customScopes.has(scope),
  )
  if (unknown !== undefined)
    throw new Fault('ScopeDoesNotExistException', `Invalid scope requested: ${unknown}`)
}

const checkProviders = (given: GivenClient, { identityProviders, poolId }: ClientSurroundings): void => {
  const unknown = given.SupportedIdentityProviders?.find(
    (name) => name !== 'COGNITO' && !identityProviders.has(name),
  )
  if (unknown !== undefined) throw refuse(`The provider ${unknown} does not exist for User Pool ${poolId}.`)
}

/** Attributes that the service sets itself, and so no client may write. */
const unwritable: readonly string[] = ['sub', 'identities', 'email_verified', 'phone_number_verified']

const checkAttributes = (given: GivenClient, { schema, verb }: ClientSurroundings): void => {
  const names = new Set(schema.map(({ Name }) => Name))
  const isKnown = (name: string): boolean => names.has(name) && !name.startsWith('dev:')
  if (given.ReadAttributes?.some((name) => !isKnown(name)))
    throw refuse(`Invalid read attributes specified while ${verb} a client`)
  if (given.WriteAttributes?.some((name) => !isKnown(name) || unwritable.includes(name)))
    throw refuse(`Invalid write attributes specified while ${verb} a client`)
}

const checkContextData = (given: GivenClient, { hasSecret }: ClientSurroundings): void => {
  if (given.EnablePropagateAdditionalUserContextData === true && !hasSecret)
    throw refuse(
      'EnablePropagateAdditionalUserContextData can only be enabled for an app client that has a client secret.',
    )
}

/** Throws the Fault of the first rule that the request breaks. */
export const checkClientSettings = (given: GivenClient, surroundings: ClientSurroundings): void => {
  checkAuthFlows(given, surroundings)
  checkLifetimes(given)
  checkProviders(given, surroundings)
  checkUrls(given)
  checkOAuthFlows(given, surroundings)
  checkScopes(given, surroundings)
  checkAttributes(given, surroundings)
  checkContextData(given, surroundings)
}
