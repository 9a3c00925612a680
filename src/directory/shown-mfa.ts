// A user's second factors as GetUser and AdminGetUser show them.
import type { MfaFactor, User } from './records/user.ts'

const legacyOptions = [{ DeliveryMedium: 'SMS' as const, AttributeName: 'phone_number' }]

/** What GetUser and AdminGetUser show; MFAOptions is the older name of SMS alone (API reference, GetUser). */
export const shownMfa = ({
  mfa,
}: Pick<User, 'mfa'>): {
  UserMFASettingList?: MfaFactor[]
  PreferredMfaSetting?: MfaFactor
  MFAOptions?: typeof legacyOptions
} => ({
  ...(mfa === undefined || mfa.enabled.length === 0 ? {} : { UserMFASettingList: [...mfa.enabled] }),
  ...(mfa?.preferred === undefined ? {} : { PreferredMfaSetting: mfa.preferred }),
  ...(mfa?.enabled.includes('SMS_MFA') === true ? { MFAOptions: legacyOptions } : {}),
})
