// Who a sign-in is about: the user that a name stands for, or a decoy that behaves the same until the password turns out wrong.
import { findUserByName } from '../directory/find-user.ts'
import type { AppClient } from '../directory/records/app-client.ts'
import { type PasswordCredential, type User, users } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import { hidesUsers } from '../directory/user-existence.ts'
import { usernameAttributesOf, usernameKeyOf } from '../directory/username-rules.ts'
import { Fault } from '../wire/fault.ts'
import { decoyCredential, decoySub } from './decoy.ts'
import type { AttemptSubject } from './password-attempts.ts'
import { poolSecrets } from './pool-secrets.ts'
import type { SignInContext } from './sign-in-request.ts'

export type Candidate = {
  /** Undefined for a name of nobody. */
  readonly user: User | undefined
  /** What SRP hashes: the user's `username`. */
  readonly username: string
  readonly credential: PasswordCredential
  readonly attempts: AttemptSubject
}

export const wrongPassword = (): Fault =>
  new Fault('NotAuthorizedException', 'Incorrect username or password.')

export const userDoesNotExist = (): Fault => new Fault('UserNotFoundException', 'User does not exist.')

/** Users of other providers have no password here: Amazon says so, to clients that don't hide who exists, before it looks at one. */
export const refuseFederated = ({ client }: { readonly client: AppClient }, user: User | undefined): void => {
  if (user?.status === 'EXTERNAL_PROVIDER' && user.credential === undefined && !hidesUsers(client))
    throw new Fault('NotAuthorizedException', 'User is not authorized to get auth details.')
}

type About = { readonly client: AppClient; readonly pool: UserPool; readonly context: SignInContext }

const candidate = async (
  user: User | undefined,
  name: string,
  { client, pool, context }: About,
): Promise<Candidate> => {
  if (user === undefined && !hidesUsers(client)) throw userDoesNotExist()
  const usernameKey = user?.usernameKey ?? usernameKeyOf(pool, name)
  const { decoy } = await poolSecrets(pool.poolId, context.pool.records)
  const credential = user?.credential ?? decoyCredential(decoy, usernameKey)
  const hasSubsAsNames = usernameAttributesOf(pool).length > 0
  return {
    user,
    username: user?.username ?? (hasSubsAsNames ? decoySub(decoy, usernameKey) : usernameKey),
    credential,
    attempts: { poolId: pool.poolId, usernameKey, isKnown: user !== undefined },
  }
}

/**
 * The candidate that a username or an alias stands for; `whenUnknown` may bring one whom the pool doesn't have. Throws
 * UserNotFoundException where the client lets that be known.
 */
export const candidateNamed = async (
  name: string,
  about: About,
  whenUnknown?: () => Promise<User | undefined>,
): Promise<Candidate> => {
  const stored = await findUserByName(about.context.pool.records, about.pool, name)
  return candidate(stored?.value ?? (await whenUnknown?.()), name, about)
}

/** The same candidate again in a later step, by the key it had. */
export const candidateKeyed = async (usernameKey: string, about: About): Promise<Candidate> => {
  const stored = await about.context.pool.records.get(users, usernameKey)
  return candidate(stored?.value, usernameKey, about)
}
