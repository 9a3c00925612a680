// Giving a user a password: the policy, the history, and the credential that is stored of it.
import type { PasswordPolicyType } from '@aws-sdk/client-cognito-identity-provider'
import type { Clock } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { checkPassword, defaultPasswordPolicy } from './password-policy.ts'
import type { Passwords } from './passwords-port.ts'
import type { PasswordCredential, User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { unitMs } from './token-lifetimes.ts'

export type PasswordChange = Pick<User, 'earlierCredentials'> & { readonly credential: PasswordCredential }

type Work = { readonly passwords: Passwords; readonly clock: Clock }

const policyOf = ({ settings }: UserPool): PasswordPolicyType =>
  settings.Policies?.PasswordPolicy ?? defaultPasswordPolicy

/** The permanent passwords that a user had, the present one first, as many as the policy remembers. */
const remembered = (userPool: UserPool, user: User): readonly PasswordCredential[] => {
  const historySize = policyOf(userPool).PasswordHistorySize ?? 0
  const present =
    user.credential !== undefined && user.credential.temporaryUntilMs === undefined ? [user.credential] : []
  return [...present, ...(user.earlierCredentials ?? [])].slice(0, historySize)
}

const checkHistory = async (
  userPool: UserPool,
  user: User,
  password: string,
  { passwords }: Work,
): Promise<void> => {
  const comparisons = remembered(userPool, user).map((credential) =>
    passwords.isPasswordOf(userPool.poolId, user.username, password, credential),
  )
  if ((await Promise.all(comparisons)).includes(true))
    throw new Fault('PasswordHistoryPolicyViolationException', 'Password has previously been used.')
}

const credentialOf = (
  userPool: UserPool,
  user: User,
  password: string,
  { passwords }: Work,
): Promise<PasswordCredential> => passwords.makeCredential(userPool.poolId, user.username, password)

/** Throws InvalidPasswordException or PasswordHistoryPolicyViolationException. */
export const permanentPassword = async (
  userPool: UserPool,
  user: User,
  password: string,
  work: Work,
): Promise<PasswordChange> => {
  checkPassword(password, policyOf(userPool))
  await checkHistory(userPool, user, password, work)
  const earlier = remembered(userPool, user)
  return {
    credential: await credentialOf(userPool, user, password, work),
    ...(earlier.length === 0 ? {} : { earlierCredentials: earlier }),
  }
}

/** A password that must be changed at the first sign-in, within the policy's TemporaryPasswordValidityDays. Throws InvalidPasswordException. */
export const temporaryPassword = async (
  userPool: UserPool,
  user: User,
  password: string,
  work: Work,
): Promise<PasswordChange> => {
  checkPassword(password, policyOf(userPool))
  const earlier = remembered(userPool, user)
  const days =
    policyOf(userPool).TemporaryPasswordValidityDays ?? defaultPasswordPolicy.TemporaryPasswordValidityDays
  const credential = await credentialOf(userPool, user, password, work)
  return {
    credential: { ...credential, temporaryUntilMs: work.clock.now() + days * unitMs.days },
    ...(earlier.length === 0 ? {} : { earlierCredentials: earlier }),
  }
}

/** A passkey can't be the first: it is registered by who is signed in. */
const passwordlessFactors = ['EMAIL_OTP', 'SMS_OTP'] as const

/**
 * Whether the pool takes users without a password: it does "when your user pool supports passwordless sign-in with email or SMS OTPs" (API
 * reference, SignUp, "Password", and AdminCreateUser, "TemporaryPassword").
 */
export const allowsNoPassword = ({ settings }: UserPool): boolean =>
  passwordlessFactors.some((factor) =>
    settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors?.includes(factor),
  )
