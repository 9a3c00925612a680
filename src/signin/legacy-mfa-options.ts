// MFAOptions, the older form of a user's factors, which knows SMS only (API reference, SetUserSettings).
import type { MFAOptionType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import type { GivenPreference } from './mfa-preference.ts'

/** An empty list turns SMS off. Throws InvalidParameterException for another medium or attribute than SMS to the phone number. */
export const preferenceOfOptions = (options: readonly MFAOptionType[] | undefined): GivenPreference => {
  const isSms = ({ DeliveryMedium, AttributeName }: MFAOptionType): boolean =>
    DeliveryMedium === 'SMS' && AttributeName === 'phone_number'
  if (options?.some((option) => !isSms(option)) === true)
    throw new Fault('InvalidParameterException', 'MFAOptions supports SMS to phone_number only.')
  return { SMSMfaSettings: { Enabled: options !== undefined && options.length > 0 } }
}
