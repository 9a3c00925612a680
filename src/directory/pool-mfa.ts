// A pool's multi-factor settings: how they are shown, and what must hold when they are set.
import type {
  GetUserPoolMfaConfigResponse,
  SetUserPoolMfaConfigRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import { unavailableInTier } from './pool-rules.ts'
import type { PoolMfa, RegionalSettings, UserPool } from './records/user-pool.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** Factors that are off aren't shown, as in Amazon's answer. */
export const describedMfa = (
  { settings, mfa }: UserPool,
  { sms }: RegionalSettings,
): GetUserPoolMfaConfigResponse => ({
  MfaConfiguration: settings.MfaConfiguration ?? 'OFF',
  ...(sms === undefined
    ? {}
    : {
        SmsMfaConfiguration: {
          SmsAuthenticationMessage: settings.SmsAuthenticationMessage,
          SmsConfiguration: sms,
        },
      }),
  ...(mfa?.isSoftwareTokenEnabled === true ? { SoftwareTokenMfaConfiguration: { Enabled: true } } : {}),
  ...(mfa?.email === undefined ? {} : { EmailMfaConfiguration: mfa.email }),
  ...(mfa?.webAuthn === undefined ? {} : { WebAuthnConfiguration: mfa.webAuthn }),
})

/** The factors after a request; what it leaves out stays, and OFF turns the second factors off. */
export const changedMfa = (
  input: Omit<SetUserPoolMfaConfigRequest, 'UserPoolId'>,
  current: PoolMfa | undefined,
): PoolMfa => {
  const isOff = input.MfaConfiguration === 'OFF'
  const email = input.EmailMfaConfiguration ?? (isOff ? undefined : current?.email)
  const isSmsEnabled = !isOff && (input.SmsMfaConfiguration !== undefined || current?.isSmsEnabled === true)
  const webAuthn =
    input.WebAuthnConfiguration === undefined
      ? current?.webAuthn
      : { ...current?.webAuthn, ...input.WebAuthnConfiguration }
  return {
    isSoftwareTokenEnabled: isOff
      ? false
      : (input.SoftwareTokenMfaConfiguration?.Enabled ?? current?.isSoftwareTokenEnabled ?? false),
    ...(isSmsEnabled ? { isSmsEnabled } : {}),
    ...(email === undefined ? {} : { email }),
    ...(webAuthn === undefined ? {} : { webAuthn }),
  }
}

/** A name that a page can be of: labels of letters, digits and hyphens. */
const domainName =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** API reference, WebAuthnConfigurationType. A passkey is two factors only when its user is verified. */
const checkWebAuthn = ({ webAuthn }: PoolMfa): void => {
  if (webAuthn === undefined) return
  const { RelyingPartyId, FactorConfiguration, UserVerification } = webAuthn
  if (RelyingPartyId !== undefined && !domainName.test(RelyingPartyId))
    throw refuse('RelyingPartyId must be a domain name in lower case.')
  if (FactorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION' && UserVerification !== 'required')
    throw refuse('MULTI_FACTOR_WITH_USER_VERIFICATION needs UserVerification to be required.')
}

/** Throws when the request contradicts itself, or asks for MFA without any factor. */
export const checkMfaRequest = (
  input: SetUserPoolMfaConfigRequest,
  after: { readonly mfa: PoolMfa; readonly hasSms: boolean; readonly pool: UserPool },
): void => {
  const tier = after.pool.settings.UserPoolTier ?? 'ESSENTIALS'
  if (tier === 'LITE' && input.EmailMfaConfiguration !== undefined)
    throw unavailableInTier('EmailMfaConfiguration', tier)
  if (tier === 'LITE' && input.WebAuthnConfiguration !== undefined)
    throw unavailableInTier('WebAuthnConfiguration', tier)
  checkWebAuthn(after.mfa)
  const turnsOn =
    input.SoftwareTokenMfaConfiguration?.Enabled === true || input.SmsMfaConfiguration !== undefined
  if (input.MfaConfiguration === 'OFF' && turnsOn)
    throw refuse("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
  const isOn = (input.MfaConfiguration ?? after.pool.settings.MfaConfiguration ?? 'OFF') !== 'OFF'
  if (isOn && !after.hasSms && !after.mfa.isSoftwareTokenEnabled && after.mfa.email === undefined)
    throw refuse('At least one of [SmsMfaConfiguration] or [SoftwareTokenMfaConfiguration] must be provided.')
}
