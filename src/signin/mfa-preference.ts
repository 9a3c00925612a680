// What SetUserMFAPreference and AdminSetUserMFAPreference make of a user's factors.
import type { SetUserMFAPreferenceRequest } from '@aws-sdk/client-cognito-identity-provider'
import type { MfaFactor, User, UserMfa } from '../directory/records/user.ts'
import type { RegionalSettings, UserPool } from '../directory/records/user-pool.ts'
import { Fault } from '../wire/fault.ts'
import { factorsOfPool, hasFactor } from './mfa-rules.ts'

export type GivenPreference = Omit<SetUserMFAPreferenceRequest, 'AccessToken'>

const members = [
  ['SMS_MFA', 'SMSMfaSettings'],
  ['SOFTWARE_TOKEN_MFA', 'SoftwareTokenMfaSettings'],
  ['EMAIL_OTP', 'EmailMfaSettings'],
] as const

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** What a user lacks: users are told about their software token, administrators in the same words as for addresses. */
const missing = (factor: MfaFactor, { user, by }: Pick<About, 'user' | 'by'>): Fault => {
  if (factor !== 'SOFTWARE_TOKEN_MFA' || by === 'admin')
    return refuse(`User does not have delivery config set to turn on ${factor}`)
  const isSetUp = user.mfa?.pendingSecret !== undefined
  return refuse(`User has not ${isSetUp ? 'verified' : 'set up'} software token mfa`)
}

type About = {
  readonly user: User
  readonly by: 'user' | 'admin'
  readonly pool: UserPool
  readonly regional: Pick<RegionalSettings, 'sms'>
}

/**
 * The factors after a request: what it leaves out stays, a preferred one replaces the one before. Throws InvalidParameterException for a
 * factor that the pool or the user doesn't have, for two preferred ones, and for a preferred one that is off.
 */
export const preferredMfa = (given: GivenPreference, { user, by, pool, regional }: About): UserMfa => {
  const ofPool = factorsOfPool({ pool, regional })
  const enabled = new Set(user.mfa?.enabled ?? [])
  let preferred = user.mfa?.preferred
  const asked = members.flatMap(([factor, member]) => {
    const settings = given[member]
    return settings === undefined ? [] : [{ factor, settings }]
  })
  if (asked.filter(({ settings }) => settings.PreferredMfa === true).length > 1)
    throw refuse('Only one MFA method can be preferred.')
  for (const { factor, settings } of asked) {
    const isOn = settings.Enabled ?? enabled.has(factor)
    if (settings.PreferredMfa === true && !isOn)
      throw refuse(`${factor} must be enabled to be the preferred MFA method.`)
    if (settings.Enabled === true && !hasFactor(user, factor)) throw missing(factor, { user, by })
    if (settings.Enabled === true && !ofPool.includes(factor))
      throw refuse(`${factor} is not enabled for the user pool.`)
    if (isOn) enabled.add(factor)
    else enabled.delete(factor)
    if (settings.PreferredMfa === true) preferred = factor
    else if (preferred === factor && settings.PreferredMfa === false) preferred = undefined
  }
  const { preferred: _, ...rest } = user.mfa ?? { enabled: [] }
  const isPasskeyEnabled = given.WebAuthnMfaSettings?.Enabled
  return {
    ...rest,
    enabled: [...enabled],
    ...(preferred === undefined ? {} : { preferred }),
    ...(isPasskeyEnabled === undefined ? {} : { isPasskeyEnabled }),
  }
}
