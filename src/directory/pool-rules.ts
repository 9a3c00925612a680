// What a pool's settings must satisfy, rule by rule, in Amazon's error names.
import { Fault } from '../wire/fault.ts'
import { checkAcrConfiguration } from './acr-levels.ts'
import type { GivenSettings } from './pool-settings.ts'
import type { PoolMfa } from './records/user-pool.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

const checkSignInAttributes = ({ AliasAttributes, UsernameAttributes }: GivenSettings): void => {
  if (AliasAttributes?.length && UsernameAttributes?.length)
    throw refuse('Only one of the aliasAttributes or usernameAttributes can be set in a user pool.')
}

const checkSignInPolicy = (given: GivenSettings): void => {
  const factors = given.Policies?.SignInPolicy?.AllowedFirstAuthFactors
  if (factors === undefined) return
  // API reference, SignInPolicyType: not supported as a first factor.
  if (factors.includes('SOFTWARE_TOKEN'))
    throw refuse('SOFTWARE_TOKEN is not supported as a first authentication factor.')
  if (!factors.includes('PASSWORD')) throw refuse('AllowedFirstAuthFactors must include PASSWORD.')
}

/** One-time passwords come by the ways that the second factor would come: a pool that requires MFA has no use for them as the first. */
export const checkFactorsBesideMfa = (
  mfaConfiguration: GivenSettings['MfaConfiguration'],
  policies: GivenSettings['Policies'],
): void => {
  const factors = policies?.SignInPolicy?.AllowedFirstAuthFactors ?? []
  if (mfaConfiguration === 'ON' && factors.some((factor) => factor === 'EMAIL_OTP' || factor === 'SMS_OTP'))
    throw refuse(
      'Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled',
    )
}

const checkTemporaryPasswordDays = (given: GivenSettings): void => {
  const days = given.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays
  const olderName = given.AdminCreateUserConfig?.UnusedAccountValidityDays
  if (days && olderName && days !== olderName)
    throw refuse(
      'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
    )
}

const checkMessages = (given: GivenSettings): void => {
  const template = given.VerificationMessageTemplate
  const pairs = [
    ['SmsVerificationMessage', given.SmsVerificationMessage, 'SmsMessage', template?.SmsMessage],
    ['EmailVerificationMessage', given.EmailVerificationMessage, 'EmailMessage', template?.EmailMessage],
    ['EmailVerificationSubject', given.EmailVerificationSubject, 'EmailSubject', template?.EmailSubject],
  ] as const
  for (const [older, olderText, newer, newerText] of pairs)
    if (olderText !== undefined && newerText !== undefined && olderText !== newerText)
      throw refuse(`${older} and VerificationMessageTemplate.${newer} must be the same when both are given.`)
}

const checkAttributeUpdates = (given: GivenSettings): void => {
  const attributes = given.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate ?? []
  const notVerified = attributes.find((name) => !given.AutoVerifiedAttributes?.includes(name))
  if (notVerified !== undefined)
    throw refuse(
      `Invalid AttributesRequireVerificationBeforeUpdate: ${notVerified} is not in AutoVerifiedAttributes.`,
    )
}

const checkRecovery = (given: GivenSettings): void => {
  const mechanisms = given.AccountRecoverySetting?.RecoveryMechanisms ?? []
  const names = mechanisms.map(({ Name }) => Name)
  if (names.includes('admin_only') && names.length > 1)
    throw refuse(
      'Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.',
    )
  if (
    new Set(names).size < names.length ||
    new Set(mechanisms.map(({ Priority }) => Priority)).size < names.length
  )
    throw refuse(
      'Invalid account recovery setting parameter. Each mechanism and each priority may be used once.',
    )
}

const checkEmail = ({ EmailConfiguration: email }: GivenSettings): void => {
  if (email?.EmailSendingAccount === 'DEVELOPER' && email.SourceArn === undefined)
    throw refuse('Email source ARN is required when EmailSendingAccount is DEVELOPER.')
}

const checkLambda = ({ LambdaConfig: lambda = {} }: GivenSettings): void => {
  const sendsItself = lambda.CustomEmailSender !== undefined || lambda.CustomSMSSender !== undefined
  if (sendsItself && lambda.KMSKeyID === undefined)
    throw refuse('KMSKeyID is required when CustomEmailSender or CustomSMSSender is configured.')
  const { PreTokenGeneration, PreTokenGenerationConfig } = lambda
  if (
    PreTokenGeneration !== undefined &&
    PreTokenGenerationConfig !== undefined &&
    PreTokenGeneration !== PreTokenGenerationConfig.LambdaArn
  )
    throw refuse('PreTokenGeneration and PreTokenGenerationConfig must name the same Lambda function.')
}

/**
 * ON and OPTIONAL need a factor: SMS, or one that SetUserPoolMfaConfig turned on before (API reference, CreateUserPool).
 */
const checkMfa = (given: GivenSettings, mfa: PoolMfa | undefined): void => {
  const isOn = given.MfaConfiguration === 'ON' || given.MfaConfiguration === 'OPTIONAL'
  if (!isOn || given.SmsConfiguration !== undefined) return
  if (mfa?.isSoftwareTokenEnabled === true || mfa?.isSmsEnabled === true || mfa?.email !== undefined) return
  throw refuse(
    'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  )
}

type TierFeature = {
  readonly name: string
  readonly tiers: readonly string[]
  readonly isUsed: (given: GivenSettings) => boolean
}
const aboveLite = ['ESSENTIALS', 'PLUS'] as const

/** Which feature needs which plan (developer guide, "User pool feature plans"). */
const tierFeatures: readonly TierFeature[] = [
  {
    name: 'Threat protection',
    tiers: ['PLUS'],
    isUsed: ({ UserPoolAddOns }) =>
      UserPoolAddOns?.AdvancedSecurityMode !== undefined && UserPoolAddOns.AdvancedSecurityMode !== 'OFF',
  },
  {
    name: 'Choice-based sign-in with factors other than PASSWORD',
    tiers: aboveLite,
    isUsed: ({ Policies }) =>
      Policies?.SignInPolicy?.AllowedFirstAuthFactors?.some((factor) => factor !== 'PASSWORD') ?? false,
  },
  {
    name: 'Password history',
    tiers: aboveLite,
    isUsed: ({ Policies }) => (Policies?.PasswordPolicy?.PasswordHistorySize ?? 0) > 0,
  },
  {
    name: 'Access token customization',
    tiers: aboveLite,
    isUsed: ({ LambdaConfig }) =>
      LambdaConfig?.PreTokenGenerationConfig !== undefined &&
      LambdaConfig.PreTokenGenerationConfig.LambdaVersion !== 'V1_0',
  },
  {
    name: 'Custom ACR level names',
    tiers: aboveLite,
    isUsed: ({ AcrConfiguration }) => AcrConfiguration !== undefined,
  },
  {
    name: 'Dynamic client registration',
    tiers: aboveLite,
    isUsed: ({ DcrConfiguration }) => DcrConfiguration !== undefined,
  },
]

/** The refusal of a feature that the pool's plan doesn't have. */
export const unavailableInTier = (feature: string, tier: string): Fault =>
  new Fault('FeatureUnavailableInTierException', `${feature} is not available in the ${tier} tier.`)

const checkTier = (given: GivenSettings): void => {
  const tier = given.UserPoolTier ?? 'ESSENTIALS'
  const missing = tierFeatures.find(({ tiers, isUsed }) => isUsed(given) && !tiers.includes(tier))
  if (missing !== undefined) throw unavailableInTier(missing.name, tier)
}

/** Throws the Fault of the first rule that the request breaks. `mfa` is what the pool has already. */
export const checkPoolSettings = (given: GivenSettings, mfa?: PoolMfa): void => {
  checkSignInAttributes(given)
  checkTier(given)
  checkAcrConfiguration(given.AcrConfiguration)
  checkSignInPolicy(given)
  checkFactorsBesideMfa(given.MfaConfiguration, given.Policies)
  checkTemporaryPasswordDays(given)
  checkMessages(given)
  checkAttributeUpdates(given)
  checkRecovery(given)
  checkEmail(given)
  checkLambda(given)
  checkMfa(given, mfa)
}
