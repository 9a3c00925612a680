// Errors of the user-pool model that no request gets here, and why.
import type { NeverComing } from './never-coming.ts'

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
  {
    error: 'UserNotConfirmedException',
    operations: words('AdminDeleteSoftwareToken AdminSetUserMFAPreference'),
    because: 'an administrator may change it whatever the status of the user is',
  },
  {
    error: 'UserNotConfirmedException',
    operations: ['ConfirmForgotPassword'],
    because: 'whoever gives the code back has proved the address that it went to, and is confirmed by it',
  },
  {
    error: 'PasswordResetRequiredException',
    operations: ['AdminSetUserMFAPreference'],
    because: 'an administrator may change it whatever the status of the user is',
  },
  {
    error: 'TooManyFailedAttemptsException',
    because:
      'too many wrong codes end in LimitExceededException, with the text that Amazon Cognito has for it',
  },
  {
    error: 'MFAMethodNotFoundException',
    because: 'who must give a second factor and has none is asked to set one up (MFA_SETUP)',
  },
  {
    error: 'LimitExceededException',
    operations: words(`
      AdminConfirmSignUp DeleteUserPoolClientSecret DeleteWebAuthnCredential ListUserPoolClientSecrets ListWebAuthnCredentials SignUp`),
    because: 'nothing that it does has a limit of its own',
  },
  {
    error: 'LimitExceededException',
    operations: words('CreateManagedLoginBranding CreateTerms'),
    because:
      'an app client has one style and one document of each kind; another one is refused as existing already',
  },
  {
    error: 'LimitExceededException',
    operations: ['CreateUserPool'],
    because: 'a Region holds as many user pools as its disk does',
  },
  {
    error: 'LimitExceededException',
    operations: ['CreateUserPoolDomain'],
    because: 'a second domain of a kind is InvalidParameterException, as at Amazon',
  },
  {
    error: 'TooManyRequestsException',
    operations: words(`
      CreateManagedLoginBranding CreateTerms DeleteManagedLoginBranding DeleteTerms SetUserPoolClientSessionConfiguration
      SetUserPoolSessionConfiguration UpdateManagedLoginBranding UpdateTerms`),
    because:
      'it is in no category of requests that has a rate, and writes that keep colliding end in ConcurrentModificationException',
  },
  {
    error: 'TooManyRequestsException',
    operations: words(`
      AdminGetUserAuthFactors AdminListUserSessions DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient DescribeTerms
      DescribeTermsByClient GetClientToken GetLogDeliveryConfiguration GetProvisionedLimit GetUserAuthFactors
      GetUserPoolClientSessionConfiguration GetUserPoolSessionConfiguration ListTerms ListUserPoolClientSecrets ListUserPoolReplicas
      ListUserSessions ListWebAuthnCredentials`),
    because: 'it is in no category of requests that has a rate, and writes nothing that could collide',
  },
  {
    error: 'PreconditionNotMetException',
    operations: ['AdminCreateUser'],
    because:
      'Amazon documents no precondition; what the pool or the request lacks is InvalidParameterException',
  },
  {
    error: 'AliasExistsException',
    operations: ['AdminDisableProviderForUser'],
    because: 'taking an identity away from a user takes no alias from anybody',
  },
  {
    error: 'TierChangeNotAllowedException',
    because:
      'no account here is kept from a feature plan; settings that a plan lacks are FeatureUnavailableInTierException',
  },
  {
    error: 'UnsupportedIdentityProviderException',
    because: 'providers of every type of the model can be changed and deleted',
  },
  {
    error: 'UserPoolTaggingException',
    operations: ['DescribeUserPool'],
    because: 'tags are kept with the pool, so that reading them cannot fail by itself',
  },
  {
    error: 'ResourceNotFoundException',
    operations: ['DescribeUserPoolDomain'],
    because: 'a domain that nobody has is described as an empty one, as at Amazon',
  },
  {
    error: 'CodeDeliveryFailureException',
    operations: ['SetRiskConfiguration'],
    because: 'it sends nothing',
  },
  {
    error: 'CodeMismatchException',
    operations: ['UpdateUserAttributes'],
    because: 'it takes no code: VerifyUserAttribute does',
  },
  {
    error: 'ExpiredCodeException',
    operations: ['UpdateUserAttributes'],
    because: 'it takes no code: VerifyUserAttribute does',
  },
  {
    error: 'CodeMismatchException',
    operations: ['VerifySoftwareToken'],
    because: 'a wrong code is EnableSoftwareTokenMFAException, as at Amazon',
  },
  {
    error: 'InvalidUserPoolConfigurationException',
    operations: ['VerifySoftwareToken'],
    because: 'in a pool without software tokens none can be associated: SoftwareTokenMFANotFoundException',
  },
  {
    error: 'InvalidLambdaResponseException',
    operations: ['ConfirmDevice'],
    because: 'it calls no function',
  },
  {
    error: 'InvalidPasswordException',
    operations: ['ConfirmDevice'],
    because: 'a device brings the verifier of its password, which does not tell what the password is like',
  },
  {
    error: 'UsernameExistsException',
    operations: ['ConfirmDevice'],
    because: 'it names no user',
  },
]
