// The two Regions that every operation is walked in: a pool with everything configured and an ACTIVE replica of it, one with an INACTIVE
// replica, and what requests need: users, tokens, codes, clients.
import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import type { Input } from '../../../src/directory/operation.ts'
import { systemRandom } from '../../../src/telemetry/clock.ts'
import { makeFunctionsFolder } from '../../support/functions-folder.ts'
import { lastMessage } from '../../support/region-inbox.ts'
import { eventually, freePorts, startRegions } from '../../support/regions.ts'
import {
  makeActiveReplica,
  makeMultiRegionKey,
  makePool,
  primaryRegion,
  secondaryRegion,
  statusOf,
} from '../../support/replicated-pool.ts'
import { type Call, callerOf, required } from './call.ts'

export const password = 'Unguessable-1'
export const flows = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_USER_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
] as const

/** Another code than this one. */
export const wrong = (code: string): string => (code === '000000' ? '111111' : '000000')

/** What a signed-in user holds. */
export type SignedIn = {
  readonly username: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly result: AuthenticationResultType
}

export type World = {
  readonly regions: Awaited<ReturnType<typeof startRegions>>
  /** Signed by root, to the primary's Region and to the secondary's. */
  readonly call: Call
  readonly callSecondary: Call
  /** Signed by a user whose policies allow nothing. */
  readonly callAsNobody: Call
  readonly functions: ReturnType<typeof makeFunctionsFolder>
  readonly keyArn: string
  readonly poolId: string
  readonly poolArn: string
  readonly clientId: string
  /** An app client with a secret that may sign users in and get tokens for itself. */
  readonly machine: { readonly clientId: string; readonly secret: string }
  readonly inactive: { readonly poolId: string; readonly clientId: string; readonly accessToken: string }
  /** Tokens of a pool and of a user that are no more. */
  readonly deletedPool: { readonly accessToken: string }
  readonly deletedUser: { readonly accessToken: string }
  /** Access tokens that are not taken, by the reason. */
  readonly refused: Readonly<Record<'altered' | 'revoked' | 'disabled' | 'reset', string>>
  /** What several operations use and none changes: a pool costs two RSA key pairs. */
  readonly plain: { readonly poolId: string; readonly clientId: string }
  readonly lite: { readonly poolId: string; readonly clientId: string }
  /** Made when it is first asked for, and kept. */
  shared<Value>(name: string, make: () => Promise<Value>): Promise<Value>
  /** A name that nothing has yet. */
  newName(): string
  /** A confirmed user with `password` and a verified address `<name>@quarry.example`. */
  makeUser(poolId?: string): Promise<string>
  /** A user who signed up and was not confirmed. */
  makeUnconfirmed(clientId?: string): Promise<string>
  signIn(username: string, clientId?: string): Promise<SignedIn>
  /** A fresh user, signed in. */
  makeSignedIn(): Promise<SignedIn>
  makePoolWith(input: Partial<Input<'CreateUserPool'>>): Promise<{ poolId: string; clientId: string }>
  makeClient(poolId: string, input?: Partial<Input<'CreateUserPoolClient'>>): Promise<string>
  /** The code that was sent last to the user's address. */
  codeOf(username: string, poolId?: string): Promise<string>
  /** The text of the message that was sent last to the user's address. */
  textTo(username: string): Promise<string>
  close(): Promise<void>
}

const fullPool: Partial<Input<'CreateUserPool'>> = {
  UserPoolTier: 'PLUS',
  AutoVerifiedAttributes: ['email'],
  DeviceConfiguration: { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: false },
  UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
}

export const startWorld = async (): Promise<World> => {
  const functions = makeFunctionsFolder()
  const nobody = {
    accessKeyId: 'AKIDNOBODY',
    secretAccessKey: systemRandom.bytes(30).toString('base64'),
  }
  const [silentPort = 0] = await freePorts(1)
  const regions = await startRegions([primaryRegion, secondaryRegion], {
    users: [{ ...nobody, userName: 'nobody' }],
    lambda: { functionsFolder: functions.path },
    // E-mail stays in the inbox; nobody takes text messages.
    messages: { sms: { webhook: { url: `http://127.0.0.1:${silentPort}/` } } },
  })
  const call = callerOf(regions.cognito(primaryRegion))
  const callSecondary = callerOf(regions.cognito(secondaryRegion))
  const callAsNobody = callerOf(
    new CognitoIdentityProviderClient({
      region: primaryRegion,
      endpoint: regions.origins[primaryRegion] ?? '',
      credentials: nobody,
      maxAttempts: 1,
    }),
  )

  const sharedValues = new Map<string, Promise<unknown>>()
  let nameCount = 0
  const newName = (): string => {
    nameCount += 1
    return `name-${nameCount}`
  }
  const makeClient: World['makeClient'] = async (UserPoolId, input = {}) => {
    const { UserPoolClient } = await call('CreateUserPoolClient', {
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: [...flows],
      ...input,
    })
    return required(UserPoolClient?.ClientId)
  }
  const makePoolWith: World['makePoolWith'] = async (input) => {
    const { UserPool } = await call('CreateUserPool', { PoolName: 'walked', ...input })
    const poolId = required(UserPool?.Id)
    const ofTier = flows.filter((flow) => flow !== 'ALLOW_USER_AUTH' || input.UserPoolTier !== 'LITE')
    return { poolId, clientId: await makeClient(poolId, { ExplicitAuthFlows: ofTier }) }
  }

  const keyArn = await makeMultiRegionKey(regions)
  const poolId = await makePool(regions, keyArn, fullPool)
  const inactivePoolId = await makePool(regions, keyArn)
  const clientId = await makeClient(poolId)
  await call('SetUserPoolMfaConfig', {
    UserPoolId: poolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
    EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Sign in' },
    WebAuthnConfiguration: { RelyingPartyId: 'quarry.example' },
  })
  await call('SetUserPoolSessionConfiguration', {
    UserPoolId: poolId,
    UserSessionTracking: 'ENABLED',
    TokenSession: { MaxPerUser: 10 },
  })
  await call('CreateUserPoolDomain', { UserPoolId: poolId, Domain: 'walked' })
  await call('CreateResourceServer', {
    UserPoolId: poolId,
    Identifier: 'api',
    Name: 'api',
    Scopes: [{ ScopeName: 'read', ScopeDescription: 'reading' }],
  })
  const { UserPoolClient: machine } = await call('CreateUserPoolClient', {
    UserPoolId: poolId,
    ClientName: 'machine',
    GenerateSecret: true,
    AllowedOAuthScopes: ['api/read'],
    // The SDK's types don't know the flow yet.
    ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH' as 'ALLOW_USER_AUTH'],
  })

  const makeUser: World['makeUser'] = async (UserPoolId = poolId) => {
    const Username = newName()
    await call('AdminCreateUser', {
      UserPoolId,
      Username,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: `${Username}@quarry.example` },
        { Name: 'email_verified', Value: 'true' },
      ],
    })
    await call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
    return Username
  }
  const signIn: World['signIn'] = async (username, ClientId = clientId) => {
    const { AuthenticationResult } = await call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: username, PASSWORD: password },
    })
    const result = required(AuthenticationResult)
    return {
      username,
      result,
      accessToken: required(result.AccessToken),
      refreshToken: required(result.RefreshToken),
    }
  }

  await Promise.all([
    makeActiveReplica(regions, poolId),
    call('CreateUserPoolReplica', { UserPoolId: inactivePoolId, RegionName: secondaryRegion }).then(() =>
      eventually(
        () => statusOf(regions, inactivePoolId, primaryRegion, secondaryRegion),
        (status) => status === 'INACTIVE',
      ),
    ),
  ])
  const inactiveClientId = await makeClient(inactivePoolId)
  const { accessToken } = await signIn(await makeUser(inactivePoolId), inactiveClientId)
  await eventually(
    () =>
      callSecondary('DescribeUserPoolClient', {
        UserPoolId: inactivePoolId,
        ClientId: inactiveClientId,
      }).catch(() => undefined),
    (answer) => answer !== undefined,
  )
  const makeSignedIn = async (): Promise<SignedIn> => signIn(await makeUser())
  const { accessToken: good } = await makeSignedIn()
  const [revoked, disabled, reset, deleted] = await Promise.all([1, 2, 3, 4].map(() => makeSignedIn()))
  const nameOf = (signedIn: SignedIn | undefined) => ({
    UserPoolId: poolId,
    Username: required(signedIn).username,
  })
  await call('GlobalSignOut', { AccessToken: required(revoked).accessToken })
  await call('AdminDisableUser', nameOf(disabled))
  await call('AdminResetUserPassword', nameOf(reset))
  await call('AdminDeleteUser', nameOf(deleted))
  const pool = await makePoolWith({})
  const ofDeletedPool = await signIn(await makeUser(pool.poolId), pool.clientId)
  await call('DeleteUserPool', { UserPoolId: pool.poolId })
  return {
    regions,
    call,
    callSecondary,
    callAsNobody,
    functions,
    keyArn,
    poolId,
    poolArn: `arn:aws:cognito-idp:${primaryRegion}:000000000000:userpool/${poolId}`,
    clientId,
    machine: { clientId: required(machine?.ClientId), secret: required(machine?.ClientSecret) },
    inactive: { poolId: inactivePoolId, clientId: inactiveClientId, accessToken },
    deletedPool: ofDeletedPool,
    deletedUser: required(deleted),
    refused: {
      altered: `${good.slice(0, -8)}AAAAAAAA`,
      revoked: required(revoked).accessToken,
      disabled: required(disabled).accessToken,
      reset: required(reset).accessToken,
    },
    plain: await makePoolWith({ AutoVerifiedAttributes: ['email'] }),
    lite: await makePoolWith({ UserPoolTier: 'LITE' }),
    shared: <Value>(name: string, make: () => Promise<Value>): Promise<Value> => {
      const made = (sharedValues.get(name) ?? make()) as Promise<Value>
      sharedValues.set(name, made)
      return made
    },
    newName,
    makeUser,
    makeUnconfirmed: async (ClientId = clientId) => {
      const Username = newName()
      const UserAttributes = [{ Name: 'email', Value: `${Username}@quarry.example` }]
      await call('SignUp', { ClientId, Username, Password: password, UserAttributes })
      return Username
    },
    signIn,
    makeSignedIn,
    makePoolWith,
    makeClient,
    codeOf: async (username, ofPoolId = poolId) =>
      required((await lastMessage(regions, ofPoolId, `${username}@quarry.example`)).code),
    textTo: async (username) => (await lastMessage(regions, poolId, `${username}@quarry.example`)).body,
    close: async () => {
      await regions.close()
      functions.remove()
    },
  }
}
