// Who sets up a software token: a signed-in user (AccessToken), or one in the middle of a sign-in (Session of MFA_SETUP).
import type { Context } from '../directory/operation.ts'
import { readPool } from '../directory/read-pool.ts'
import { type User, users } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import { sessionParts } from '../directory/session-pool.ts'
import type { Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { verifyAccessToken } from './access-token.ts'
import { invalidSession, openSessionOf, sessionFor } from './begun-sign-in.ts'
import type { MfaSession } from './second-factor.ts'
import { requireSameUser, requireWithoutFactor } from './set-up-right.ts'
import { clientOfPool } from './sign-in-request.ts'

type Shared = { readonly pool: UserPool; readonly user: Stored<User> }

export type SettingUp =
  | (Shared & { readonly kind: 'token' })
  | (Shared & {
      readonly kind: 'session'
      readonly begun: MfaSession
      /** The session of the next step. */
      seal(change: Partial<MfaSession>): Promise<string>
    })

/** Throws SoftwareTokenMFANotFoundException unless the pool's settings turn software tokens on. */
export const requireSoftwareTokens = (pool: UserPool): void => {
  if (pool.mfa?.isSoftwareTokenEnabled === true && pool.settings.MfaConfiguration !== 'OFF') return
  throw new Fault(
    'SoftwareTokenMFANotFoundException',
    'Software Token MFA has not been enabled by the userPool.',
  )
}

/** Throws InvalidParameterException for neither and for both, and NotAuthorizedException for what isn't the user's. */
export const whoSetsUp = async (
  input: { readonly AccessToken?: string | undefined; readonly Session?: string | undefined },
  context: Context<'primary'>,
): Promise<SettingUp> => {
  const { AccessToken, Session } = input
  if ((AccessToken === undefined) === (Session === undefined))
    throw new Fault('InvalidParameterException', 'Exactly one of AccessToken and Session must be given.')
  const pool = (await readPool(context.pool)).value
  if (AccessToken !== undefined) {
    const { user } = await verifyAccessToken(AccessToken, context.pool, context)
    return { kind: 'token', pool, user }
  }
  const parts = sessionParts(Session ?? '')
  if (parts === undefined) throw invalidSession()
  const client = await clientOfPool(parts.clientId, context.pool)
  const request = { client, pool, context }
  const begun = await openSessionOf<MfaSession>(request, 'MFA_SETUP', Session ?? '')
  const user = await context.pool.records.get(users, begun.usernameKey)
  if (user === undefined) throw invalidSession()
  requireSameUser(user.value, begun)
  await requireWithoutFactor(request, user.value, begun.pendingSecret)
  return {
    kind: 'session',
    pool,
    user,
    begun,
    seal: (change) => sessionFor(request, 'MFA_SETUP', { ...begun, ...change }),
  }
}
