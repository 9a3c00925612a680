// Which second factors a pool has, which a user has of them, and what follows for a sign-in (developer guide, "Adding MFA to a user pool").
import type { MfaFactor, User } from '../directory/records/user.ts'
import type { RegionalSettings, UserPool } from '../directory/records/user-pool.ts'

export const mfaFactors: readonly MfaFactor[] = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']

type PoolFactors = { readonly pool: UserPool; readonly regional: Pick<RegionalSettings, 'sms'> }

const isOfPool: Readonly<Record<MfaFactor, (about: PoolFactors) => boolean>> = {
  SMS_MFA: ({ pool, regional }) => pool.mfa?.isSmsEnabled === true || regional.sms !== undefined,
  SOFTWARE_TOKEN_MFA: ({ pool }) => pool.mfa?.isSoftwareTokenEnabled === true,
  EMAIL_OTP: ({ pool }) => pool.mfa?.email !== undefined,
}

/** The factors that the pool's settings turn on. */
export const factorsOfPool = (about: PoolFactors): readonly MfaFactor[] =>
  mfaFactors.filter((factor) => isOfPool[factor](about))

const isReady: Readonly<Record<MfaFactor, (user: User) => boolean>> = {
  SMS_MFA: ({ attributes }) => Boolean(attributes.phone_number),
  SOFTWARE_TOKEN_MFA: ({ mfa }) => mfa?.softwareToken !== undefined,
  EMAIL_OTP: ({ attributes }) => Boolean(attributes.email),
}

/** Whether the user has what the factor needs: a phone number, an e-mail address, a verified software token. */
export const hasFactor = (user: User, factor: MfaFactor): boolean => isReady[factor](user)

/** The same for an address that the user has shown to be theirs. */
export const hasVerifiedFactor = (user: User, factor: MfaFactor): boolean => {
  if (factor === 'SMS_MFA' && user.attributes.phone_number_verified !== 'true') return false
  if (factor === 'EMAIL_OTP' && user.attributes.email_verified !== 'true') return false
  return hasFactor(user, factor)
}

/**
 * The factors that a user can be asked for. OFF: none. OPTIONAL: those that the user has turned on. ON: also those that the user could be
 * asked for without having turned them on.
 */
export const usableSecondFactors = (user: User, { pool, regional }: PoolFactors): readonly MfaFactor[] => {
  const setting = pool.settings.MfaConfiguration ?? 'OFF'
  if (setting === 'OFF') return []
  const ofPool = factorsOfPool({ pool, regional })
  // "Users who have previously associated and verified a TOTP token can continue to use it for MFA if the software token MFA is later
  // disabled for the user pool" (developer guide, "TOTP software token MFA").
  const isKept = (factor: MfaFactor): boolean =>
    factor === 'SOFTWARE_TOKEN_MFA' && user.mfa?.enabled.includes(factor) === true
  const usable = mfaFactors.filter(
    (factor) => hasFactor(user, factor) && (ofPool.includes(factor) || isKept(factor)),
  )
  const turnedOn = usable.filter((factor) => user.mfa?.enabled.includes(factor) === true)
  return turnedOn.length > 0 || setting === 'OPTIONAL' ? turnedOn : usable
}

export type SecondFactorNeed =
  | { readonly kind: 'none' }
  | { readonly kind: 'factor'; readonly factor: MfaFactor }
  | { readonly kind: 'choice'; readonly factors: readonly MfaFactor[] }
  | { readonly kind: 'set-up'; readonly factors: readonly MfaFactor[] }

/** What comes after the first factor: the one that the user prefers, or a choice; where one must be and there is none, one is set up. */
export const secondFactorNeed = (
  user: User,
  about: PoolFactors,
  isWanted: (factor: MfaFactor) => boolean = () => true,
): SecondFactorNeed => {
  const factors = usableSecondFactors(user, about).filter(isWanted)
  const preferred = user.mfa?.preferred
  if (preferred !== undefined && factors.includes(preferred)) return { kind: 'factor', factor: preferred }
  const [first] = factors
  if (first === undefined)
    return about.pool.settings.MfaConfiguration === 'ON'
      ? { kind: 'set-up', factors: factorsOfPool(about) }
      : { kind: 'none' }
  return factors.length === 1 ? { kind: 'factor', factor: first } : { kind: 'choice', factors }
}
