// A pool's settings with Amazon's defaults: what Create- and UpdateUserPool make of a request.
import type {
  CreateUserPoolRequest,
  LambdaConfigType,
  PasswordPolicyType,
  UpdateUserPoolRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { effectiveAcrConfiguration } from './acr-levels.ts'
import { defaultPasswordPolicy } from './password-policy.ts'
import type { GlobalSettings, RegionalSettings } from './records/user-pool.ts'

/** What both requests have in common, and what only CreateUserPool can set. */
export type GivenSettings = Omit<UpdateUserPoolRequest, 'UserPoolId' | 'PoolName'> &
  Pick<CreateUserPoolRequest, 'AliasAttributes' | 'UsernameAttributes' | 'UsernameConfiguration'>

const defaultRecovery: GlobalSettings['AccountRecoverySetting'] = {
  RecoveryMechanisms: [
    { Name: 'verified_email', Priority: 1 },
    { Name: 'verified_phone_number', Priority: 2 },
  ],
}

const temporaryPasswordDays = (given: GivenSettings): number =>
  // A value of 0 counts as none (API reference, PasswordPolicyType). The other member is the older name of the same setting.
  given.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays ||
  given.AdminCreateUserConfig?.UnusedAccountValidityDays ||
  defaultPasswordPolicy.TemporaryPasswordValidityDays

const passwordPolicy = (given: GivenSettings): PasswordPolicyType => {
  const policy = given.Policies?.PasswordPolicy
  const TemporaryPasswordValidityDays = temporaryPasswordDays(given)
  if (policy === undefined) return { ...defaultPasswordPolicy, TemporaryPasswordValidityDays }
  return {
    MinimumLength: policy.MinimumLength ?? defaultPasswordPolicy.MinimumLength,
    RequireUppercase: policy.RequireUppercase ?? false,
    RequireLowercase: policy.RequireLowercase ?? false,
    RequireNumbers: policy.RequireNumbers ?? false,
    RequireSymbols: policy.RequireSymbols ?? false,
    ...(policy.PasswordHistorySize ? { PasswordHistorySize: policy.PasswordHistorySize } : {}),
    TemporaryPasswordValidityDays,
  }
}

/**
 * The policies after UpdateUserPool: each stays when it is left out, but for the days that a temporary password is good for, which have
 * another name outside of it.
 */
export const policiesAfter = (
  { Policies, AdminCreateUserConfig }: Pick<GivenSettings, 'Policies' | 'AdminCreateUserConfig'>,
  current: GlobalSettings,
): GivenSettings['Policies'] => {
  const days = AdminCreateUserConfig?.UnusedAccountValidityDays
  const policy = current.Policies?.PasswordPolicy
  return {
    PasswordPolicy:
      Policies?.PasswordPolicy ?? (days ? { ...policy, TemporaryPasswordValidityDays: days } : policy),
    SignInPolicy: Policies?.SignInPolicy ?? current.Policies?.SignInPolicy,
  }
}

/** The message texts, each under its older name and in the template: setting one shows both. */
const verificationMessages = (given: GivenSettings): Partial<GlobalSettings> => {
  const template = given.VerificationMessageTemplate
  const SmsMessage = template?.SmsMessage ?? given.SmsVerificationMessage
  const EmailMessage = template?.EmailMessage ?? given.EmailVerificationMessage
  const EmailSubject = template?.EmailSubject ?? given.EmailVerificationSubject
  return {
    SmsVerificationMessage: SmsMessage,
    EmailVerificationMessage: EmailMessage,
    EmailVerificationSubject: EmailSubject,
    VerificationMessageTemplate: {
      ...template,
      SmsMessage,
      EmailMessage,
      EmailSubject,
      DefaultEmailOption: template?.DefaultEmailOption ?? 'CONFIRM_WITH_CODE',
    },
  }
}

const unlessEmpty = <Item>(items: Item[] | undefined): Item[] | undefined =>
  items === undefined || items.length === 0 ? undefined : items

/** Members that are undefined disappear, at every depth, as they do on the wire and in the store. */
export const withoutUndefined = <Value>(value: Value): Value =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as Value)

/** The global settings that a request comes to; what it leaves out has its default. */
export const settledSettings = (given: GivenSettings): GlobalSettings =>
  withoutUndefined({
    Policies: {
      PasswordPolicy: passwordPolicy(given),
      SignInPolicy: given.Policies?.SignInPolicy ?? { AllowedFirstAuthFactors: ['PASSWORD'] },
    },
    DeletionProtection: given.DeletionProtection ?? 'INACTIVE',
    AutoVerifiedAttributes: unlessEmpty(given.AutoVerifiedAttributes),
    AliasAttributes: unlessEmpty(given.AliasAttributes),
    UsernameAttributes: unlessEmpty(given.UsernameAttributes),
    UsernameConfiguration: given.UsernameConfiguration,
    ...verificationMessages(given),
    SmsAuthenticationMessage: given.SmsAuthenticationMessage,
    MfaConfiguration: given.MfaConfiguration ?? 'OFF',
    UserAttributeUpdateSettings: {
      AttributesRequireVerificationBeforeUpdate:
        given.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate ?? [],
    },
    DeviceConfiguration: given.DeviceConfiguration,
    AdminCreateUserConfig: {
      ...given.AdminCreateUserConfig,
      AllowAdminCreateUserOnly: given.AdminCreateUserConfig?.AllowAdminCreateUserOnly ?? false,
      UnusedAccountValidityDays: temporaryPasswordDays(given),
    },
    UserPoolAddOns: given.UserPoolAddOns,
    AccountRecoverySetting: given.AccountRecoverySetting ?? defaultRecovery,
    UserPoolTier: given.UserPoolTier ?? 'ESSENTIALS',
    IssuerConfiguration: given.IssuerConfiguration,
    AcrConfiguration: effectiveAcrConfiguration(given.AcrConfiguration),
    DcrConfiguration:
      given.DcrConfiguration === undefined
        ? undefined
        : { EnableStatus: 'Enabled' as const, OpenDcrEnabled: false, ...given.DcrConfiguration },
  })

/** PreTokenGeneration and PreTokenGenerationConfig are two names of one trigger: setting one shows both. */
const lambdaTriggers = (given: LambdaConfigType): LambdaConfigType => {
  const { PreTokenGeneration, PreTokenGenerationConfig } = given
  if (PreTokenGenerationConfig !== undefined)
    return { ...given, PreTokenGeneration: PreTokenGenerationConfig.LambdaArn }
  if (PreTokenGeneration === undefined) return given
  return {
    ...given,
    PreTokenGenerationConfig: { LambdaArn: PreTokenGeneration, LambdaVersion: 'V1_0' },
  }
}

/** The settings that each replica has for itself. */
export const settledRegionalSettings = (
  poolId: string,
  given: GivenSettings,
  tags: Readonly<Record<string, string>>,
): RegionalSettings =>
  withoutUndefined({
    poolId,
    email: { EmailSendingAccount: 'COGNITO_DEFAULT' as const, ...given.EmailConfiguration },
    sms: given.SmsConfiguration,
    lambda: lambdaTriggers(given.LambdaConfig ?? {}),
    tags,
  })
