// A pool's multi-factor settings: how they are shown, and what must hold when they are set.
import type {
  GetUserPoolMfaConfigResponse,
  SetUserPoolMfaConfigRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import { checkFactorsBesideMfa, unavailableInTier } from './pool-rules.ts'
import type { GlobalSettings, PoolMfa, RegionalSettings, UserPool } from './records/user-pool.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** Factors that are off aren't shown, as in Amazon's answer. */
export const describedMfa = (
  { settings, mfa }: UserPool,
  { sms }: RegionalSettings,
): GetUserPoolMfaConfigResponse => ({
  MfaConfiguration: settings.MfaConfiguration ?? 'OFF',
  ...(sms === undefined && mfa?.isSmsEnabled !== true
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

/**
 * The factors after a request. ON and OPTIONAL name all of them anew, OFF turns them off; a request without MfaConfiguration leaves what it
 * doesn't name. Passkeys are no second factor and stay in any case.
 */
export const changedMfa = (
  input: Omit<SetUserPoolMfaConfigRequest, 'UserPoolId'>,
  current: PoolMfa | undefined,
): PoolMfa => {
  const kept = input.MfaConfiguration === undefined ? current : undefined
  const email = input.EmailMfaConfiguration ?? kept?.email
  const isSmsEnabled = input.SmsMfaConfiguration !== undefined || kept?.isSmsEnabled === true
  const webAuthn =
    input.WebAuthnConfiguration === undefined
      ? current?.webAuthn
      : { ...current?.webAuthn, ...input.WebAuthnConfiguration }
  return {
    isSoftwareTokenEnabled:
      input.SoftwareTokenMfaConfiguration?.Enabled ?? kept?.isSoftwareTokenEnabled ?? false,
    ...(isSmsEnabled ? { isSmsEnabled } : {}),
    ...(email === undefined ? {} : { email }),
    ...(webAuthn === undefined ? {} : { webAuthn }),
  }
}

/**
 * The factors with SMS among them where the pool asks for a second one and has a way to send it. All Regions must know, and how SMS is sent
 * each knows for itself: a replica that looked only there would let users in without the factor that they turned on.
 */
export const withSmsFactor = (
  mfa: PoolMfa | undefined,
  mfaConfiguration: GlobalSettings['MfaConfiguration'],
  sms: RegionalSettings['sms'],
): PoolMfa | undefined =>
  (mfaConfiguration ?? 'OFF') === 'OFF' || sms === undefined
    ? mfa
    : { isSoftwareTokenEnabled: false, ...mfa, isSmsEnabled: true }

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

/** Throws when the request contradicts itself or the pool, or asks for MFA without any factor. */
export const checkMfaRequest = (
  input: SetUserPoolMfaConfigRequest,
  { settings }: UserPool,
  mfa: PoolMfa,
): void => {
  const tier = settings.UserPoolTier ?? 'ESSENTIALS'
  if (tier === 'LITE' && input.EmailMfaConfiguration !== undefined)
    throw unavailableInTier('EmailMfaConfiguration', tier)
  if (tier === 'LITE' && input.WebAuthnConfiguration !== undefined)
    throw unavailableInTier('WebAuthnConfiguration', tier)
  checkWebAuthn(mfa)
  const hasFactor =
    input.SoftwareTokenMfaConfiguration?.Enabled === true ||
    input.SmsMfaConfiguration !== undefined ||
    input.EmailMfaConfiguration !== undefined
  if (input.MfaConfiguration === 'OFF' && hasFactor)
    throw refuse("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
  if (input.MfaConfiguration !== undefined && input.MfaConfiguration !== 'OFF' && !hasFactor)
    throw refuse(
      "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
    )
  checkFactorsBesideMfa(input.MfaConfiguration ?? settings.MfaConfiguration, settings.Policies)
}
