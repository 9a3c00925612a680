// Whether a sign-in that was to set up a second factor may still do so: somebody else may have been quicker.
import { readRegionalSettings } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import { type BegunSignIn, invalidSession } from './begun-sign-in.ts'
import { usableSecondFactors } from './mfa-rules.ts'
import type { SignInRequest } from './sign-in-request.ts'

type About = {
  readonly pool: SignInRequest['pool']
  readonly context: { readonly pool: Parameters<typeof readRegionalSettings>[0] }
}

/**
 * Throws NotAuthorizedException where the user has a second factor by now, other than the software token of this very sign-in (`ownSecret`): else
 * whoever knows the password, and began to sign in before, would put a factor of their own in the place of the user's.
 */
export const requireWithoutFactor = async (
  { pool, context }: About,
  user: User,
  ownSecret: string | undefined,
): Promise<void> => {
  const secret = user.mfa?.softwareToken?.secret
  if (secret !== undefined && secret === ownSecret) return
  const regional = (await readRegionalSettings(context.pool)).value
  if (usableSecondFactors(user, { pool, regional }).length > 0) throw invalidSession()
}

/** Throws NotAuthorizedException for a session of a user who was made anew, was disabled, or got another password since. */
export const requireSameUser = (user: User, begun: BegunSignIn): void => {
  if (user.sub !== begun.sub || !user.isEnabled || user.credential?.setAtMs !== begun.credentialSetAtMs)
    throw invalidSession()
}
