// Which first factors a user can sign in with in a pool (developer guide, "Authentication flows", choice-based).
import type { AuthFactorType, ChallengeNameType } from '@aws-sdk/client-cognito-identity-provider'
import type { User } from '../directory/records/user.ts'
import type { RegionalSettings, UserPool } from '../directory/records/user-pool.ts'
import { decoyChoice } from './decoy.ts'
import { secondFactorNeed } from './mfa-rules.ts'

/** The challenges that SELECT_CHALLENGE can offer. */
export const firstFactorChallenges = [
  'PASSWORD_SRP',
  'PASSWORD',
  'EMAIL_OTP',
  'SMS_OTP',
  'WEB_AUTHN',
] as const
export type FirstFactorChallenge = (typeof firstFactorChallenges)[number] & ChallengeNameType

export type FactorFacts = {
  readonly pool: UserPool
  readonly regional: Pick<RegionalSettings, 'sms'>
  /** Whether the user has a passkey of the pool's relying party. */
  readonly hasPasskey: boolean
}

export const isFactorAllowed = (pool: UserPool, factor: AuthFactorType): boolean =>
  pool.settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors?.includes(factor) === true

type Availability = (user: User, facts: FactorFacts) => boolean

/** The factors that the user has set up and the pool allows. A code goes to an address that was verified only. */
const isConfigured: Readonly<Record<AuthFactorType, Availability>> = {
  PASSWORD: (user) => user.credential !== undefined,
  EMAIL_OTP: ({ attributes }, { pool }) =>
    isFactorAllowed(pool, 'EMAIL_OTP') && Boolean(attributes.email) && attributes.email_verified === 'true',
  SMS_OTP: ({ attributes }, { pool }) =>
    isFactorAllowed(pool, 'SMS_OTP') &&
    Boolean(attributes.phone_number) &&
    attributes.phone_number_verified === 'true',
  WEB_AUTHN: (_, { pool, hasPasskey }) => isFactorAllowed(pool, 'WEB_AUTHN') && hasPasskey,
  SOFTWARE_TOKEN: ({ mfa }, { pool }) =>
    pool.mfa?.isSoftwareTokenEnabled === true && mfa?.softwareToken !== undefined,
}

const authFactors: readonly AuthFactorType[] = [
  'PASSWORD',
  'EMAIL_OTP',
  'SMS_OTP',
  'WEB_AUTHN',
  'SOFTWARE_TOKEN',
]

/** ConfiguredUserAuthFactors of GetUserAuthFactors. */
export const configuredFactors = (user: User, facts: FactorFacts): AuthFactorType[] =>
  authFactors.filter((factor) => isConfigured[factor](user, facts))

/** Whether a passkey counts as two factors here: the pool says so, and the user hasn't turned it off. */
export const isPasskeyTwoFactors = ({ pool }: Pick<FactorFacts, 'pool'>, user: User): boolean =>
  pool.mfa?.webAuthn?.FactorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION' &&
  user.mfa?.isPasskeyEnabled !== false

/**
 * The challenges that the user can choose from. Codes and passkeys alone sign nobody in who needs a second factor (developer guide,
 * "Adding MFA to a user pool"), except passkeys that count as two; and nobody whose account isn't confirmed.
 */
export const availableChallenges = (user: User, facts: FactorFacts): FirstFactorChallenge[] => {
  const needsSecond = secondFactorNeed(user, facts).kind !== 'none'
  const isConfirmed = user.status === 'CONFIRMED' || user.status === 'EXTERNAL_PROVIDER'
  return firstFactorChallenges.filter((challenge) => {
    if (challenge === 'PASSWORD' || challenge === 'PASSWORD_SRP') return user.credential !== undefined
    if (!isConfirmed || !isConfigured[challenge](user, facts)) return false
    return !needsSecond || (challenge === 'WEB_AUTHN' && isPasskeyTwoFactors(facts, user))
  })
}

/**
 * What a name of nobody is offered by a client that hides who exists: passwords, and of the codes that the pool allows a random choice, the
 * same for a name each time (developer guide, "Managing user existence error responses").
 */
export const simulatedChallenges = (
  pool: UserPool,
  nobody: { readonly decoyKey: Buffer; readonly usernameKey: string },
): FirstFactorChallenge[] =>
  firstFactorChallenges.filter((challenge) => {
    if (challenge === 'PASSWORD' || challenge === 'PASSWORD_SRP') return true
    if (challenge === 'WEB_AUTHN' || !isFactorAllowed(pool, challenge)) return false
    return decoyChoice(nobody.decoyKey, nobody.usernameKey, challenge)
  })
