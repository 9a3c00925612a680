// Request rates by category of operations (developer guide, "Quotas in Amazon Cognito"): Amazon's default rates, and the limits that are in force.
import type { Clock } from '../telemetry/clock.ts'
import { perRegion } from '../vault/per-region.ts'
import type { Vault } from '../vault/vault.ts'
import { Fault } from '../wire/fault.ts'
import { provisionedLimits } from './records/pool-configuration.ts'

type Category = { readonly defaultPerSecond: number; readonly operations: readonly string[] }

const words = (text: string): readonly string[] => text.split(/\s+/)

export const categories: Readonly<Record<string, Category>> = {
  UserAuthentication: {
    defaultPerSecond: 120,
    operations: words('AdminInitiateAuth AdminRespondToAuthChallenge InitiateAuth RespondToAuthChallenge'),
  },
  UserCreation: {
    defaultPerSecond: 50,
    operations: words('AdminConfirmSignUp AdminCreateUser ConfirmSignUp SignUp'),
  },
  UserAccountRecovery: {
    defaultPerSecond: 30,
    operations: words(
      'AdminResetUserPassword AdminSetUserPassword ChangePassword ConfirmForgotPassword ForgotPassword',
    ),
  },
  UserRead: { defaultPerSecond: 120, operations: words('AdminGetUser GetUser') },
  UserUpdate: {
    defaultPerSecond: 25,
    operations: words(
      `AdminAddUserToGroup AdminDeleteUser AdminDeleteUserAttributes AdminDisableProviderForUser AdminDisableUser AdminEnableUser
       AdminLinkProviderForUser AdminRemoveUserFromGroup AdminUpdateUserAttributes AdminUserGlobalSignOut DeleteUser DeleteUserAttributes
       GlobalSignOut UpdateUserAttributes VerifyUserAttribute`,
    ),
  },
  UserToken: { defaultPerSecond: 120, operations: words('GetTokensFromRefreshToken RevokeToken') },
  UserResourceRead: {
    defaultPerSecond: 50,
    operations: words(
      `AdminGetDevice AdminListDevices AdminListGroupsForUser AdminListUserAuthEvents GetDevice GetUserAttributeVerificationCode ListDevices
       ResendConfirmationCode`,
    ),
  },
  UserResourceUpdate: {
    defaultPerSecond: 25,
    operations: words(
      `AdminForgetDevice AdminSetUserMFAPreference AdminSetUserSettings AdminUpdateAuthEventFeedback AdminUpdateDeviceStatus
       AssociateSoftwareToken ConfirmDevice ForgetDevice SetUserMFAPreference SetUserSettings UpdateAuthEventFeedback UpdateDeviceStatus
       VerifySoftwareToken`,
    ),
  },
  UserList: { defaultPerSecond: 30, operations: words('ListUsers ListUsersInGroup') },
  UserPoolRead: { defaultPerSecond: 15, operations: words('DescribeUserPool ListUserPools') },
  UserPoolUpdate: {
    defaultPerSecond: 15,
    operations: words('CreateUserPool DeleteUserPool UpdateUserPool'),
  },
  UserPoolResourceRead: {
    defaultPerSecond: 20,
    operations: words(
      `DescribeIdentityProvider DescribeResourceServer DescribeRiskConfiguration DescribeUserImportJob DescribeUserPoolDomain GetCSVHeader
       GetGroup GetIdentityProviderByIdentifier GetSigningCertificate GetUICustomization GetUserPoolMfaConfig ListGroups
       ListIdentityProviders ListResourceServers ListTagsForResource ListUserImportJobs`,
    ),
  },
  UserPoolResourceUpdate: {
    defaultPerSecond: 15,
    operations: words(
      `AddCustomAttributes CreateGroup CreateIdentityProvider CreateResourceServer CreateUserImportJob CreateUserPoolDomain DeleteGroup
       DeleteIdentityProvider DeleteResourceServer DeleteUserPoolDomain SetRiskConfiguration SetUICustomization SetUserPoolMfaConfig
       StartUserImportJob StopUserImportJob TagResource UntagResource UpdateGroup UpdateIdentityProvider UpdateResourceServer
       UpdateUserPoolDomain`,
    ),
  },
  UserPoolClientRead: {
    defaultPerSecond: 15,
    operations: words('DescribeUserPoolClient ListUserPoolClients'),
  },
  UserPoolClientUpdate: {
    defaultPerSecond: 15,
    operations: words('CreateUserPoolClient DeleteUserPoolClient UpdateUserPoolClient'),
  },
}

const categoryOf: ReadonlyMap<string, string> = new Map(
  Object.entries(categories).flatMap(([name, { operations }]) =>
    operations.map((operation) => [operation, name] as const),
  ),
)

/** Limits that were set are read again this often: another node of the Region may have changed them. */
const rereadMs = 1_000

type Bucket = { tokens: number; filledAtMs: number }

export type RateLimits = {
  /** Takes one request of the operation. Throws TooManyRequestsException when its category has had its second's worth. */
  take(operation: string): Promise<void>
  /** To be called when a limit was changed here. */
  changed(): void
}

export const createRateLimits = (runtime: {
  readonly vault: Pick<Vault, 'region'>
  readonly clock: Clock
}): RateLimits => {
  const { vault, clock } = runtime
  const buckets = new Map<string, Bucket>()
  let limits: ReadonlyMap<string, number> = new Map()
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  const read = async (): Promise<void> => {
    const { items } = await vault.region.list(provisionedLimits, {
      limit: Object.keys(categories).length + 1,
    })
    limits = new Map(items.map(({ value }) => [value.category, value.perSecond]))
    readAtMs = clock.now()
  }

  const current = async (): Promise<ReadonlyMap<string, number>> => {
    if (clock.now() - readAtMs < rereadMs) return limits
    reading ??= read().finally(() => {
      reading = undefined
    })
    await reading
    return limits
  }

  return {
    take: async (operation) => {
      const category = categoryOf.get(operation)
      const perSecond = category === undefined ? undefined : (await current()).get(category)
      if (category === undefined || perSecond === undefined) return
      const nowMs = clock.now()
      const bucket = buckets.get(category) ?? { tokens: perSecond, filledAtMs: nowMs }
      buckets.set(category, bucket)
      bucket.tokens = Math.min(
        perSecond,
        bucket.tokens + (Math.max(0, nowMs - bucket.filledAtMs) / 1_000) * perSecond,
      )
      bucket.filledAtMs = nowMs
      if (bucket.tokens < 1) throw new Fault('TooManyRequestsException', 'Rate exceeded')
      bucket.tokens -= 1
    },
    changed: () => {
      readAtMs = Number.NEGATIVE_INFINITY
    },
  }
}

/** The limits of the Region whose vault this is. */
export const rateLimitsOf = perRegion((runtime: { readonly vault: Vault; readonly clock: Clock }) =>
  createRateLimits(runtime),
)
