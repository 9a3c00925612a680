// A request that succeeds for each operation by which users sign in, and each of a user who is signed in.
import { TOTP } from 'otpauth'
import type { OperationName } from '../../../src/directory/operation.ts'
import { createAuthenticator } from '../../support/software-authenticator.ts'
import { required } from './call.ts'
import { confirmationOf, confirmedDevice } from './devices.ts'
import type { Requests } from './pool-requests.ts'
import { askedNewPassword } from './user-requests.ts'
import { password, type World } from './world.ts'

export const passkeyOrigin = 'https://quarry.example'

const token = async ({ makeSignedIn }: World) => ({ AccessToken: (await makeSignedIn()).accessToken })
const device = async (world: World) => {
  const { accessToken, deviceKey } = await confirmedDevice(world)
  return { AccessToken: accessToken, DeviceKey: deviceKey }
}
/** A passkey that the user's authenticator has made and the pool has not seen yet. */
export const madePasskey = async (
  { call, makeSignedIn }: World,
  behaviour: Partial<Parameters<ReturnType<typeof createAuthenticator>['create']>[1]> = {},
  ofUser?: string,
) => {
  const accessToken = ofUser ?? (await makeSignedIn()).accessToken
  const { CredentialCreationOptions } = await call('StartWebAuthnRegistration', { AccessToken: accessToken })
  const credential = createAuthenticator().create(CredentialCreationOptions as never, {
    origin: passkeyOrigin,
    ...behaviour,
  })
  return { AccessToken: accessToken, Credential: credential as never, credentialId: credential.id }
}
/** The code that an authenticator app shows now. */
export const totpOf = (secret: string | undefined): string => new TOTP({ secret: secret ?? '' }).generate()

export const tokenRequests = {
  AssociateSoftwareToken: token,
  ChangePassword: async (world) => ({
    ...(await token(world)),
    PreviousPassword: password,
    ProposedPassword: `${password}2`,
  }),
  CompleteWebAuthnRegistration: async (world) => {
    const { AccessToken, Credential } = await madePasskey(world)
    return { AccessToken, Credential }
  },
  ConfirmDevice: async ({ makeSignedIn }) => confirmationOf(await makeSignedIn()),
  DeleteUser: token,
  DeleteUserAttributes: async (world) => ({ ...(await token(world)), UserAttributeNames: ['nickname'] }),
  DeleteWebAuthnCredential: async (world) => {
    const { AccessToken, Credential, credentialId } = await madePasskey(world)
    await world.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
    return { AccessToken, CredentialId: credentialId }
  },
  ForgetDevice: device,
  GetClientToken: async ({ machine }) => ({ ClientId: machine.clientId, Secret: machine.secret }),
  GetDevice: device,
  // In a pool that tracks devices it would need a device's key.
  GetTokensFromRefreshToken: async ({ call, plain: { poolId }, makeClient, makeUser, signIn }) => {
    const ClientId = await makeClient(poolId, {
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
    })
    await call('SetUserPoolSessionConfiguration', {
      UserPoolId: poolId,
      UserSessionTracking: 'ENABLED',
      TokenSession: { MaxPerUser: 10 },
    })
    return { ClientId, RefreshToken: (await signIn(await makeUser(poolId), ClientId)).refreshToken }
  },
  GetUser: token,
  GetUserAttributeVerificationCode: async (world) => ({
    ...(await token(world)),
    AttributeName: 'email',
  }),
  GetUserAuthFactors: token,
  GlobalSignOut: token,
  InitiateAuth: async ({ clientId, makeUser }) => ({
    ClientId: clientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: await makeUser(), PASSWORD: password },
  }),
  ListDevices: token,
  ListUserSessions: token,
  ListWebAuthnCredentials: token,
  RespondToAuthChallenge: askedNewPassword,
  RevokeToken: async ({ clientId, makeSignedIn }) => ({
    ClientId: clientId,
    Token: (await makeSignedIn()).refreshToken,
  }),
  RevokeUserSession: async ({ call, makeSignedIn, signIn }) => {
    const { accessToken, username } = await makeSignedIn()
    await signIn(username)
    const { Sessions } = await call('ListUserSessions', { AccessToken: accessToken })
    const other = Sessions?.find(({ IsCurrentSession }) => IsCurrentSession !== true)
    return { AccessToken: accessToken, SessionId: required(other?.SessionId) }
  },
  SetUserMFAPreference: async (world) => ({ ...(await token(world)), EmailMfaSettings: { Enabled: true } }),
  SetUserSettings: async (world) => ({ ...(await token(world)), MFAOptions: [] }),
  StartWebAuthnRegistration: token,
  UpdateDeviceStatus: async (world) => ({
    ...(await device(world)),
    DeviceRememberedStatus: 'not_remembered',
  }),
  UpdateUserAttributes: async (world) => ({
    ...(await token(world)),
    UserAttributes: [{ Name: 'nickname', Value: 'Q' }],
  }),
  VerifySoftwareToken: async (world) => {
    const { AccessToken } = await token(world)
    const { SecretCode } = await world.call('AssociateSoftwareToken', { AccessToken })
    return { AccessToken, UserCode: totpOf(SecretCode) }
  },
  VerifyUserAttribute: async (world) => {
    const { accessToken, username } = await world.makeSignedIn()
    await world.call('GetUserAttributeVerificationCode', { AccessToken: accessToken, AttributeName: 'email' })
    return { AccessToken: accessToken, AttributeName: 'email', Code: await world.codeOf(username) }
  },
} as const satisfies Partial<Requests<OperationName>>
