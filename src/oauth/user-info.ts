// The userInfo endpoint: what an access token with `openid` in its scope may learn of its user (developer guide, "The userInfo endpoint").
import type { Context, Hono } from 'hono'
import { mayRunOn, poolIdOf, poolScope, registeredPool } from '../directory/gate.ts'
import { notEnabledOn } from '../directory/operation.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import type { User } from '../directory/records/user.ts'
import type { Runtime } from '../directory/runtime.ts'
import { type AccessToken, lacksScopes, verifyAccessToken } from '../signin/access-token.ts'
import { clientOfPool } from '../signin/sign-in-request.ts'
import { isReadable } from '../signin/token-claims.ts'
import { isFault } from '../wire/fault.ts'

const path = '/oauth2/userInfo'
const headers = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' }

const refusals = {
  invalid_request: [400, 'Bad OAuth2 request at UserInfo Endpoint'],
  invalid_token: [401, 'Access token is expired, disabled, or deleted, or the user has globally signed out.'],
} as const

const refuse = (context: Context, error: keyof typeof refusals, reason?: string): Response => {
  const [status, general] = refusals[error]
  const description = reason ?? general
  return context.json({ error, error_description: description }, status, {
    ...headers,
    'www-authenticate': `error="${error}", error_description="${description}"`,
  })
}

/** The attributes that a scope lets be read, of those that the client may read; `openid` by itself lets all be. */
const attributesOfScopes: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
}

const isInScope = (name: string, scopes: readonly string[]): boolean => {
  const narrowing = scopes.filter((scope) => Object.hasOwn(attributesOfScopes, scope))
  if (narrowing.length === 0) return true
  if (name.startsWith('custom:')) return narrowing.includes('profile')
  return narrowing.some((scope) => attributesOfScopes[scope]?.includes(name) === true)
}

/** Every value is a text, also the flags that are booleans in an ID token. */
const shown = (user: User, client: AppClient, scopes: readonly string[]): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(user.attributes).filter(
      ([name]) => name === 'sub' || (isReadable(name, client) && isInScope(name, scopes)),
    ),
  ),
  username: user.username,
})

const userInfoOf = async (jwt: string, runtime: Runtime): Promise<Record<string, string>> => {
  const registered = await registeredPool(await poolIdOf({ AccessToken: jwt }, runtime), runtime)
  if (!mayRunOn(registered, 'active')) throw notEnabledOn(registered, 'The userInfo endpoint')
  const pool = poolScope(registered, runtime, 'The userInfo endpoint')
  const token: AccessToken = await verifyAccessToken(jwt, pool, runtime, { mustHave: 'openid' })
  const client = await clientOfPool(token.clientId, pool)
  return shown(token.user.value, client, String(token.claims.scope).split(' '))
}

/** What a token that is no good is refused with. */
const ofToken = new Set([
  'NotAuthorizedException',
  'ResourceNotFoundException',
  'UserNotFoundException',
  'PasswordResetRequiredException',
])

export const addUserInfo = (app: Hono, runtime: Runtime): void => {
  app.on(['GET', 'POST'], path, async (context) => {
    const jwt = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    if (jwt === undefined) return refuse(context, 'invalid_request')
    try {
      return context.json(await userInfoOf(jwt, runtime), 200, headers)
    } catch (error) {
      const isRefused = isFault(error) && ofToken.has(error.code)
      if (isRefused && error.message === lacksScopes)
        return refuse(context, 'invalid_token', 'Access token does not contain openid scope')
      if (isRefused) return refuse(context, 'invalid_token')
      throw error
    }
  })
  app.all(path, (context) =>
    context.json({ error: 'invalid_request' }, 405, { ...headers, allow: 'GET, POST' }),
  )
}
