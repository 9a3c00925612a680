// What provokes the errors of operations of signed-in users, and of those on tokens, that no shared rule gives.
import { required, tries } from './call.ts'
import { confirmedDevice } from './devices.ts'
import type { Rows } from './rows.ts'
import { madePasskey, totpOf } from './token-requests.ts'
import { aliasPool, historyPool } from './user-cases.ts'
import { password, type World, wrong } from './world.ts'

/** The access token of a user of a pool without passkeys, software tokens and devices. */
const plainToken = async ({ plain: { poolId, clientId }, makeUser, signIn }: World) => ({
  AccessToken: (await signIn(await makeUser(poolId), clientId)).accessToken,
})
/** The token of a user whose pool tracks no devices, in a request that is right otherwise. */
const untracked = {
  InvalidUserPoolConfigurationException: {
    provoke: async (world: World, request: { readonly DeviceKey?: string | undefined }) => ({
      ...request,
      DeviceKey: required(request.DeviceKey),
      AccessToken: (await plainToken(world)).AccessToken,
    }),
  },
}
const untrackedByAdmin = {
  InvalidUserPoolConfigurationException: {
    provoke: async (
      { plain: { poolId }, makeUser }: World,
      request: { readonly DeviceKey?: string | undefined },
    ) => {
      const DeviceKey = required(request.DeviceKey)
      return { ...request, DeviceKey, UserPoolId: poolId, Username: await makeUser(poolId) }
    },
  },
}
const awaitedCode = async ({ call, codeOf, makeSignedIn }: World) => {
  const { accessToken: AccessToken, username } = await makeSignedIn()
  await call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' })
  return { AccessToken, AttributeName: 'email', Code: wrong(await codeOf(username)) }
}
const associated = async ({ call, makeSignedIn }: World) => {
  const { accessToken: AccessToken } = await makeSignedIn()
  const { SecretCode } = await call('AssociateSoftwareToken', { AccessToken })
  return { AccessToken, code: totpOf(SecretCode) }
}
/** A user with as many passkeys as one may have, and one more that was made. */
const fullOfPasskeys = async (world: World) => {
  const started = await madePasskey(world)
  const { AccessToken } = started
  const count = 20
  await world.call('CompleteWebAuthnRegistration', { AccessToken, Credential: started.Credential })
  for (let index = 1; index < count; index += 1) {
    const { Credential } = await madePasskey(world, {}, AccessToken)
    await world.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  }
  return AccessToken
}
const passkeyThat =
  (behaviour: Parameters<typeof madePasskey>[1]) =>
  async (world: World): Promise<{ AccessToken: string; Credential: never }> => {
    const { AccessToken, Credential } = await madePasskey(world, behaviour)
    return { AccessToken, Credential }
  }

export const tokenCases: Rows = {
  AdminForgetDevice: untrackedByAdmin,
  AdminGetDevice: untrackedByAdmin,
  AdminListDevices: {
    InvalidUserPoolConfigurationException: {
      provoke: async ({ plain: { poolId }, makeUser }) => ({
        UserPoolId: poolId,
        Username: await makeUser(poolId),
      }),
    },
  },
  AdminUpdateDeviceStatus: untrackedByAdmin,
  AssociateSoftwareToken: {
    SoftwareTokenMFANotFoundException: {
      provoke: async (world) => ({ AccessToken: (await plainToken(world)).AccessToken }),
    },
  },
  ChangePassword: {
    InvalidPasswordException: { provoke: async (_, request) => ({ ...request, ProposedPassword: 'short' }) },
    LimitExceededException: {
      provoke: async ({ call, makeSignedIn }, request) => {
        const wrongly = {
          ...request,
          AccessToken: (await makeSignedIn()).accessToken,
          PreviousPassword: 'Wrong-1-password',
        }
        await tries(6, () => call('ChangePassword', wrongly))
        return wrongly
      },
    },
    PasswordHistoryPolicyViolationException: {
      provoke: async (world) => {
        const { clientId, username } = await historyPool(world)
        const { accessToken } = await world.signIn(username, clientId)
        return { AccessToken: accessToken, PreviousPassword: password, ProposedPassword: password }
      },
    },
  },
  CompleteWebAuthnRegistration: {
    LimitExceededException: {
      elsewhere: 'test/signin/passkeys.test.ts',
      because: 'a registration that was begun before the last passkey that fits was made',
    },
    WebAuthnChallengeNotFoundException: {
      provoke: async ({ makeSignedIn }, request) => ({
        ...request,
        AccessToken: (await makeSignedIn()).accessToken,
      }),
    },
    WebAuthnClientMismatchException: {
      provoke: async (world) => {
        const { username } = await world.makeSignedIn()
        const { accessToken } = await world.signIn(username)
        const { Credential } = await madePasskey(world, {}, accessToken)
        const elsewhere = await world.signIn(username, await world.makeClient(world.poolId))
        return { AccessToken: elsewhere.accessToken, Credential }
      },
    },
    WebAuthnCredentialNotSupportedException: { provoke: passkeyThat({ type: 'webauthn.get' }) },
    WebAuthnNotEnabledException: {
      provoke: async (world) => ({
        AccessToken: (await plainToken(world)).AccessToken,
        Credential: (await madePasskey(world)).Credential,
      }),
    },
    WebAuthnOriginNotAllowedException: { provoke: passkeyThat({ origin: 'https://elsewhere.example' }) },
    WebAuthnRelyingPartyMismatchException: { provoke: passkeyThat({ rpId: 'elsewhere.example' }) },
  },
  ConfirmDevice: {
    DeviceKeyExistsException: {
      provoke: async (world, request) => {
        const { accessToken, deviceKey } = await confirmedDevice(world)
        return { ...request, AccessToken: accessToken, DeviceKey: deviceKey }
      },
    },
    ...untracked,
  },
  ForgetDevice: untracked,
  GetClientToken: {
    NotAuthorizedException: { provoke: async (_, request) => ({ ...request, Secret: 'x'.repeat(51) }) },
  },
  GetDevice: untracked,
  GetTokensFromRefreshToken: {
    UserNotFoundException: {
      provoke: async ({ call, plain: { poolId, clientId }, makeUser, signIn }) => {
        const Username = await makeUser(poolId)
        const { refreshToken } = await signIn(Username, clientId)
        await call('AdminDeleteUser', { UserPoolId: poolId, Username })
        return { ClientId: clientId, RefreshToken: refreshToken }
      },
    },
    NotAuthorizedException: { provoke: async (_, request) => ({ ...request, RefreshToken: 'none' }) },
    RefreshTokenReuseException: {
      provoke: async ({ call, plain: { poolId }, makeClient, makeUser, signIn }) => {
        const ClientId = await makeClient(poolId, {
          ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
          RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
        })
        const { refreshToken } = await signIn(await makeUser(poolId), ClientId)
        const used = { ClientId, RefreshToken: refreshToken }
        await call('GetTokensFromRefreshToken', used)
        return used
      },
    },
  },
  GetUserAttributeVerificationCode: {
    LimitExceededException: {
      provoke: async ({ call, makeSignedIn }, request) => {
        const asked = { ...request, AccessToken: (await makeSignedIn()).accessToken }
        await tries(5, () => call('GetUserAttributeVerificationCode', asked))
        return asked
      },
    },
  },
  ListDevices: {
    InvalidUserPoolConfigurationException: {
      provoke: async (world) => ({ AccessToken: (await plainToken(world)).AccessToken }),
    },
  },
  RevokeToken: {
    UnauthorizedException: {
      provoke: async ({ poolId, makeClient }, request) => ({
        ...request,
        ClientId: await makeClient(poolId),
      }),
    },
    UnsupportedOperationException: {
      provoke: async ({ poolId, makeClient }, request) => ({
        ...request,
        ClientId: await makeClient(poolId, { EnableTokenRevocation: false }),
      }),
    },
    UnsupportedTokenTypeException: {
      provoke: async ({ makeSignedIn }, request) => ({
        ...request,
        Token: (await makeSignedIn()).accessToken,
      }),
    },
  },
  StartWebAuthnRegistration: {
    LimitExceededException: {
      provoke: async (world) => ({ AccessToken: await fullOfPasskeys(world) }),
    },
    WebAuthnConfigurationMissingException: {
      provoke: async (world) => {
        const { poolId, clientId } = await world.makePoolWith({
          Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
        })
        const { accessToken } = await world.signIn(await world.makeUser(poolId), clientId)
        return { AccessToken: accessToken }
      },
    },
    WebAuthnNotEnabledException: {
      provoke: async (world) => ({ AccessToken: (await plainToken(world)).AccessToken }),
    },
  },
  UpdateDeviceStatus: untracked,
  UpdateUserAttributes: {
    AliasExistsException: {
      provoke: async (world) => {
        const { poolId, clientId } = await aliasPool(world)
        const { accessToken } = await world.signIn(await world.makeUser(poolId), clientId)
        const UserAttributes = [{ Name: 'preferred_username', Value: 'taken' }]
        return { AccessToken: accessToken, UserAttributes }
      },
    },
  },
  VerifySoftwareToken: {
    EnableSoftwareTokenMFAException: {
      provoke: async (world) => {
        const { AccessToken, code } = await associated(world)
        return { AccessToken, UserCode: wrong(code) }
      },
    },
    SoftwareTokenMFANotFoundException: {
      provoke: async ({ makeSignedIn }, request) => ({
        ...request,
        AccessToken: (await makeSignedIn()).accessToken,
      }),
    },
  },
  VerifyUserAttribute: {
    AliasExistsException: {
      provoke: async (world) => {
        const { poolId, clientId } = await aliasPool(world)
        const { accessToken } = await world.signIn(await world.makeUser(poolId), clientId)
        const UserAttributes = [{ Name: 'email', Value: 'held@quarry.example' }]
        await world.call('UpdateUserAttributes', { AccessToken: accessToken, UserAttributes })
        return { AccessToken: accessToken, AttributeName: 'email', Code: await world.codeOf('held', poolId) }
      },
    },
    CodeMismatchException: { provoke: awaitedCode },
    ExpiredCodeException: {
      provoke: async ({ makeSignedIn }, request) => ({
        ...request,
        AccessToken: (await makeSignedIn()).accessToken,
      }),
    },
    LimitExceededException: {
      provoke: async (world) => {
        const request = await awaitedCode(world)
        await tries(5, () => world.call('VerifyUserAttribute', request))
        return request
      },
    },
  },
}
