// A request that succeeds for each operation of an administrator on users and groups, and each by which users come to an account.
import type { OperationName } from '../../../src/directory/operation.ts'
import { required } from './call.ts'
import { confirmedDevice } from './devices.ts'
import { providerOf, type Requests } from './pool-requests.ts'
import { password, type World } from './world.ts'

const user = async ({ poolId, makeUser }: World) => ({ UserPoolId: poolId, Username: await makeUser() })
const newGroup = async ({ call, poolId, newName }: World) => {
  const group = { UserPoolId: poolId, GroupName: newName() }
  await call('CreateGroup', group)
  return group
}
const groupMember = async (world: World) => {
  const member = { ...(await newGroup(world)), Username: await world.makeUser() }
  await world.call('AdminAddUserToGroup', member)
  return member
}
export const linkOf = async (world: World) => ({
  UserPoolId: world.poolId,
  DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: await world.makeUser() },
  SourceUser: {
    ProviderName: (await providerOf(world)).ProviderName,
    ProviderAttributeName: 'Cognito_Subject',
    ProviderAttributeValue: world.newName(),
  },
})
const device = async (world: World) => {
  const { username, deviceKey } = await confirmedDevice(world)
  return { UserPoolId: world.poolId, Username: username, DeviceKey: deviceKey }
}
export const askedNewPassword = async (world: World) => {
  const { poolId, clientId, call, newName } = world
  const Username = newName()
  await call('AdminCreateUser', {
    UserPoolId: poolId,
    Username,
    MessageAction: 'SUPPRESS',
    TemporaryPassword: password,
  })
  const { Session } = await call('AdminInitiateAuth', {
    UserPoolId: poolId,
    ClientId: clientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: Username, PASSWORD: password },
  })
  return {
    ClientId: clientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED' as const,
    Session,
    ChallengeResponses: { USERNAME: Username, NEW_PASSWORD: `${password}2` },
  }
}
const authEvent = async (world: World) => {
  const { username } = await world.makeSignedIn()
  const about = { UserPoolId: world.poolId, Username: username }
  const { AuthEvents } = await world.call('AdminListUserAuthEvents', about)
  return { ...about, EventId: required(AuthEvents?.[0]?.EventId), FeedbackValue: 'Valid' as const }
}

/** The event of a sign-in from a new address, with the token of the notice that its user got. */
const noticedEvent = async ({ call, poolId, makeClient, makeUser, textTo }: World) => {
  const ClientId = await makeClient(poolId, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  await call('SetRiskConfiguration', {
    UserPoolId: poolId,
    ClientId,
    AccountTakeoverRiskConfiguration: {
      NotifyConfiguration: {
        SourceArn: 'arn:aws:ses:us-east-1:000000000000:identity/quarry.example',
        NoActionEmail: { Subject: 'seen', TextBody: '{event-id} {feedback-token}' },
      },
      Actions: { LowAction: { EventAction: 'NO_ACTION', Notify: true } },
    },
  })
  const Username = await makeUser()
  for (const IpAddress of ['192.0.2.1', '192.0.2.2'])
    await call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: Username, PASSWORD: password },
      UserContextData: { IpAddress },
    })
  const [EventId = '', FeedbackToken = ''] = (await textTo(Username)).split(' ')
  return { UserPoolId: poolId, Username, EventId, FeedbackToken, FeedbackValue: 'Valid' as const }
}

export const userRequests = {
  AdminAddUserToGroup: async (world) => ({
    ...(await newGroup(world)),
    Username: await world.makeUser(),
  }),
  AdminConfirmSignUp: async ({ poolId, makeUnconfirmed }) => ({
    UserPoolId: poolId,
    Username: await makeUnconfirmed(),
  }),
  AdminCreateUser: async ({ poolId, newName }) => ({
    UserPoolId: poolId,
    Username: newName(),
    MessageAction: 'SUPPRESS',
  }),
  AdminDeleteSoftwareToken: user,
  AdminDeleteUser: user,
  AdminDeleteUserAttributes: async (world) => ({ ...(await user(world)), UserAttributeNames: ['nickname'] }),
  AdminDisableProviderForUser: async (world) => {
    const { UserPoolId, DestinationUser, SourceUser } = await linkOf(world)
    await world.call('AdminLinkProviderForUser', { UserPoolId, DestinationUser, SourceUser })
    return { UserPoolId, User: SourceUser }
  },
  AdminDisableUser: user,
  AdminEnableUser: user,
  AdminForgetDevice: device,
  AdminGetDevice: device,
  AdminGetUser: user,
  AdminGetUserAuthFactors: user,
  AdminInitiateAuth: async ({ poolId, clientId, makeUser }) => ({
    UserPoolId: poolId,
    ClientId: clientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: await makeUser(), PASSWORD: password },
  }),
  AdminLinkProviderForUser: linkOf,
  AdminListDevices: user,
  AdminListGroupsForUser: user,
  AdminListUserAuthEvents: user,
  AdminListUserSessions: user,
  AdminRemoveUserFromGroup: groupMember,
  AdminResetUserPassword: user,
  AdminRespondToAuthChallenge: async (world) => ({
    UserPoolId: world.poolId,
    ...(await askedNewPassword(world)),
  }),
  AdminRevokeUserSession: async ({ call, poolId, makeSignedIn }) => {
    const { username, accessToken } = await makeSignedIn()
    const { Sessions } = await call('ListUserSessions', { AccessToken: accessToken })
    return { UserPoolId: poolId, Username: username, SessionId: required(Sessions?.[0]?.SessionId) }
  },
  AdminSetUserMFAPreference: async (world) => ({
    ...(await user(world)),
    EmailMfaSettings: { Enabled: true },
  }),
  AdminSetUserPassword: async (world) => ({ ...(await user(world)), Password: `${password}2` }),
  AdminSetUserSettings: async (world) => ({ ...(await user(world)), MFAOptions: [] }),
  AdminUpdateAuthEventFeedback: authEvent,
  AdminUpdateDeviceStatus: async (world) => ({
    ...(await device(world)),
    DeviceRememberedStatus: 'not_remembered',
  }),
  AdminUpdateUserAttributes: async (world) => ({
    ...(await user(world)),
    UserAttributes: [{ Name: 'nickname', Value: 'Q' }],
  }),
  AdminUserGlobalSignOut: user,
  ConfirmForgotPassword: async (world) => {
    const Username = await world.makeUser()
    await world.call('ForgotPassword', { ClientId: world.clientId, Username })
    return {
      ClientId: world.clientId,
      Username,
      ConfirmationCode: await world.codeOf(Username),
      Password: `${password}2`,
    }
  },
  ConfirmSignUp: async (world) => {
    const Username = await world.makeUnconfirmed()
    return { ClientId: world.clientId, Username, ConfirmationCode: await world.codeOf(Username) }
  },
  CreateGroup: async ({ poolId, newName }) => ({ UserPoolId: poolId, GroupName: newName() }),
  DeleteGroup: newGroup,
  ForgotPassword: async ({ clientId, makeUser }) => ({ ClientId: clientId, Username: await makeUser() }),
  GetGroup: newGroup,
  ListGroups: async ({ poolId }) => ({ UserPoolId: poolId }),
  ListUsers: async ({ poolId }) => ({ UserPoolId: poolId }),
  ListUsersInGroup: newGroup,
  ResendConfirmationCode: async ({ clientId, makeUnconfirmed }) => ({
    ClientId: clientId,
    Username: await makeUnconfirmed(),
  }),
  SignUp: async ({ clientId, newName }) => ({
    ClientId: clientId,
    Username: newName(),
    Password: password,
    UserAttributes: [{ Name: 'email', Value: 'someone@quarry.example' }],
  }),
  UpdateAuthEventFeedback: noticedEvent,
  UpdateGroup: async (world) => ({ ...(await newGroup(world)), Description: 'those who cut' }),
} as const satisfies Partial<Requests<OperationName>>
