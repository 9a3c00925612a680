// Errors of the user-pool model that no request gets here, and why.
import type { NeverComing } from './errors-that-never-come.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const noRole =
  'no IAM role is assumed to send a message: each leaves by SMTP, a webhook or an SNS endpoint of the deployment'
const iamAnswers =
  'what a signed request may do is said by IAM policies, whose refusal is AccessDeniedException'

export const neverComingUserPoolErrors: readonly NeverComing[] = [
  {
    error: 'ForbiddenException',
    because: 'it is the refusal of AWS WAF, and no firewall is part of a deployment',
  },
  { error: 'InvalidSmsRoleAccessPolicyException', because: noRole },
  { error: 'InvalidSmsRoleTrustRelationshipException', because: noRole },
  { error: 'InvalidEmailRoleAccessPolicyException', because: noRole },
  {
    error: 'NotAuthorizedException',
    operations: words(`
      AddCustomAttributes AdminAddUserToGroup AdminCreateUser AdminDeleteSoftwareToken AdminDeleteUser AdminDeleteUserAttributes
      AdminDisableProviderForUser AdminDisableUser AdminEnableUser AdminForgetDevice AdminGetDevice AdminGetUser AdminGetUserAuthFactors
      AdminLinkProviderForUser AdminListDevices AdminListGroupsForUser AdminListUserAuthEvents AdminListUserSessions
      AdminRemoveUserFromGroup AdminRevokeUserSession AdminSetUserMFAPreference AdminSetUserPassword AdminSetUserSettings
      AdminUpdateAuthEventFeedback AdminUpdateDeviceStatus AdminUpdateUserAttributes AdminUserGlobalSignOut CreateGroup
      CreateIdentityProvider CreateManagedLoginBranding CreateResourceServer CreateTerms CreateUserImportJob CreateUserPool
      CreateUserPoolClient CreateUserPoolDomain CreateUserPoolReplica DeleteGroup DeleteIdentityProvider DeleteManagedLoginBranding
      DeleteResourceServer DeleteTerms DeleteUserPool DeleteUserPoolClient DeleteUserPoolDomain DeleteUserPoolReplica
      DescribeIdentityProvider DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient DescribeResourceServer
      DescribeRiskConfiguration DescribeTerms DescribeTermsByClient DescribeUserImportJob DescribeUserPool DescribeUserPoolClient
      DescribeUserPoolDomain GetCSVHeader GetGroup GetIdentityProviderByIdentifier GetLogDeliveryConfiguration GetProvisionedLimit
      GetUICustomization GetUserPoolClientSessionConfiguration GetUserPoolMfaConfig GetUserPoolSessionConfiguration ListGroups
      ListIdentityProviders ListResourceServers ListTagsForResource ListTerms ListUserImportJobs ListUserPoolClients ListUserPoolReplicas
      ListUserPools ListUsers ListUsersInGroup SetLogDeliveryConfiguration SetRiskConfiguration SetUICustomization
      SetUserPoolClientSessionConfiguration SetUserPoolMfaConfig SetUserPoolSessionConfiguration StartUserImportJob StopUserImportJob
      TagResource UntagResource UpdateGroup UpdateIdentityProvider UpdateManagedLoginBranding UpdateProvisionedLimit UpdateResourceServer
      UpdateTerms UpdateUserPool UpdateUserPoolClient UpdateUserPoolDomain UpdateUserPoolReplica`),
    because: iamAnswers,
  },
  {
    error: 'UserNotConfirmedException',
    operations: words(`
      ChangePassword ConfirmDevice DeleteUser DeleteUserAttributes ForgetDevice GetDevice GetUser GetUserAttributeVerificationCode
      GetUserAuthFactors GlobalSignOut ListDevices ListUserSessions RevokeUserSession SetUserMFAPreference SetUserSettings
      UpdateDeviceStatus UpdateUserAttributes VerifySoftwareToken VerifyUserAttribute`),
    because: 'only a user who is confirmed gets an access token, and nothing makes one unconfirmed again',
  },
]
