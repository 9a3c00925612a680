// Functions that take part in sign-in and in making tokens, over the Invoke API.
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  CreateGroupCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  ForgotPasswordCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { lastMessage } from '../support/region-inbox.ts'
import { startRegions } from '../support/regions.ts'
import {
  claimsOf,
  initiate,
  makeTriggerPool,
  makeUser,
  password,
  signIn,
  type TriggerPool,
} from '../support/trigger-pool.ts'

let lambda: LambdaEndpoint
let regions: Awaited<ReturnType<typeof startRegions>>
const cognito = () => regions.cognito('us-east-1')
const named = (...names: string[]) => Object.fromEntries(names.map((name) => [name, functionArn(name)]))
const tokens = (version: 'V1_0' | 'V2_0' | 'V3_0') => ({
  PreTokenGenerationConfig: { LambdaArn: functionArn('Tokens'), LambdaVersion: version },
})

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions(['us-east-1'], { lambda: { endpoint: lambda.origin } })
})
afterAll(async () => {
  await regions.close()
  await lambda.close()
})
beforeEach(() => {
  for (const name of ['PreAuthentication', 'PostAuthentication', 'Tokens'])
    lambda.define(name, (event) => event)
  lambda.clear()
})

describe('PreAuthentication and PostAuthentication', () => {
  let pool: TriggerPool
  beforeAll(async () => {
    pool = await makeTriggerPool(
      cognito(),
      named('PreAuthentication', 'PostAuthentication'),
      {},
      { PreventUserExistenceErrors: 'ENABLED' },
    )
    await makeUser(cognito(), pool, 'ana')
  })

  it('hear of a sign-in, the first of them with its ClientMetadata as validationData', async () => {
    await signIn(cognito(), pool, 'ana', { device: 'phone' })
    const userAttributes = {
      sub: expect.any(String) as string,
      email: 'ana@example.com',
      email_verified: 'true',
      'cognito:user_status': 'CONFIRMED',
    }
    expect(lambda.calls.map(({ event }) => [event.triggerSource, event.request])).toEqual([
      [
        'PreAuthentication_Authentication',
        { userAttributes, validationData: { device: 'phone' }, userNotFound: false },
      ],
      ['PostAuthentication_Authentication', { userAttributes, newDeviceUsed: false }],
    ])
  })

  it('hear of a new device, in a pool that tracks devices', async () => {
    const tracking = await makeTriggerPool(cognito(), named('PostAuthentication'), {
      DeviceConfiguration: { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: true },
    })
    await makeUser(cognito(), tracking, 'ana')
    await signIn(cognito(), tracking, 'ana')
    expect(lambda.calls.map(({ event }) => event.request)).toMatchObject([{ newDeviceUsed: true }])
  })

  it('can refuse it, before the password and after it', async () => {
    lambda.define('PostAuthentication', () => {
      throw new Error('Not today')
    })
    await expect(signIn(cognito(), pool, 'ana')).rejects.toMatchObject({
      name: 'UserLambdaValidationException',
      message: 'PostAuthentication failed with error Not today.',
    })
    lambda.define('PreAuthentication', () => {
      throw new Error('Not from there')
    })
    lambda.clear()
    await expect(
      initiate(cognito(), pool, 'USER_PASSWORD_AUTH', { USERNAME: 'ana', PASSWORD: 'wrong' }),
    ).rejects.toMatchObject({ message: 'PreAuthentication failed with error Not from there.' })
    expect(lambda.calls).toHaveLength(1)
  })

  it('only the first hears of a wrong password, and of a name of nobody', async () => {
    await expect(
      initiate(cognito(), pool, 'USER_PASSWORD_AUTH', { USERNAME: 'nobody', PASSWORD: 'wrong' }),
    ).rejects.toMatchObject({ name: 'NotAuthorizedException' })
    expect(lambda.calls.map(({ event }) => event)).toMatchObject([
      {
        triggerSource: 'PreAuthentication_Authentication',
        userName: 'nobody',
        request: { userAttributes: {}, userNotFound: true },
      },
    ])
  })

  it('do not hear of a refresh', async () => {
    const { AuthenticationResult } = await signIn(cognito(), pool, 'ana')
    lambda.clear()
    await initiate(cognito(), pool, 'REFRESH_TOKEN_AUTH', {
      REFRESH_TOKEN: AuthenticationResult?.RefreshToken ?? '',
    })
    expect(lambda.calls).toEqual([])
  })
})

describe('PreTokenGeneration', () => {
  const inGroup = async (pool: TriggerPool, Username: string, GroupName: string, RoleArn: string) => {
    const { poolId: UserPoolId } = pool
    await cognito().send(new CreateGroupCommand({ UserPoolId, GroupName, RoleArn, Precedence: 1 }))
    await cognito().send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }))
  }
  const role = 'arn:aws:iam::000000000000:role/reader'

  it('in version 1 changes the ID token, and the groups of both', async () => {
    const pool = await makeTriggerPool(cognito(), { PreTokenGeneration: functionArn('Tokens') })
    await makeUser(cognito(), pool, 'ana')
    await inGroup(pool, 'ana', 'readers', role)
    lambda.define('Tokens', (event) => ({
      ...event,
      response: {
        claimsOverrideDetails: {
          claimsToAddOrOverride: { team: 'blue', nickname: 'ann', sub: 'other', 'cognito:groups': 'all' },
          claimsToSuppress: ['email', 'iss', 'nickname'],
          groupOverrideDetails: {
            groupsToOverride: ['writers'],
            iamRolesToOverride: [],
            preferredRole: null,
          },
        },
      },
    }))
    const { AuthenticationResult } = await signIn(cognito(), pool, 'ana', { ignored: 'here' })
    const [id, access] = [
      claimsOf(AuthenticationResult?.IdToken),
      claimsOf(AuthenticationResult?.AccessToken),
    ]
    expect(id).toMatchObject({ team: 'blue', 'cognito:groups': ['writers'], 'cognito:username': 'ana' })
    expect(id.sub).toBe(access.sub)
    expect(id.iss).toBe(access.iss)
    for (const name of ['email', 'nickname', 'cognito:roles', 'cognito:preferred_role'])
      expect(id).not.toHaveProperty(name)
    expect(access).toMatchObject({ 'cognito:groups': ['writers'], scope: 'aws.cognito.signin.user.admin' })
    expect(access).not.toHaveProperty('team')
    expect(lambda.calls.map(({ event }) => event)).toMatchObject([
      {
        version: '1',
        triggerSource: 'TokenGeneration_Authentication',
        request: {
          userAttributes: { email: 'ana@example.com' },
          groupConfiguration: {
            groupsToOverride: ['readers'],
            iamRolesToOverride: [role],
            preferredRole: role,
          },
        },
        response: { claimsOverrideDetails: null },
      },
    ])
    expect(lambda.calls[0]?.event.request).not.toHaveProperty('scopes')
    expect(lambda.calls[0]?.event.request).not.toHaveProperty('clientMetadata')
  })

  it('in version 2 changes both tokens, with any JSON, but nothing that must stay', async () => {
    const pool = await makeTriggerPool(cognito(), tokens('V2_0'))
    await makeUser(cognito(), pool, 'ana')
    await inGroup(pool, 'ana', 'readers', role)
    lambda.define('Tokens', (event) => ({
      ...event,
      response: {
        claimsAndScopeOverrideDetails: {
          idTokenGeneration: { claimsToAddOrOverride: { level: 7, aud: 'other' } },
          accessTokenGeneration: {
            claimsToAddOrOverride: {
              tenant: { id: 'a', tags: ['x'] },
              client_id: 'other',
              scope: 'all',
              aud: event.callerContext.clientId,
              'dev:x': 'no',
            },
            claimsToSuppress: ['event_id', 'jti'],
            scopesToAdd: ['api/read', 'aws.cognito.other'],
            scopesToSuppress: ['aws.cognito.signin.user.admin'],
          },
          groupOverrideDetails: {},
        },
      },
    }))
    const { AuthenticationResult } = await signIn(cognito(), pool, 'ana')
    const [id, access] = [
      claimsOf(AuthenticationResult?.IdToken),
      claimsOf(AuthenticationResult?.AccessToken),
    ]
    expect(id).toMatchObject({ level: 7, aud: pool.clientId })
    expect(access).toMatchObject({
      tenant: { id: 'a', tags: ['x'] },
      client_id: pool.clientId,
      aud: pool.clientId,
      scope: 'api/read',
      event_id: expect.any(String) as string,
      jti: expect.any(String) as string,
    })
    expect(access).not.toHaveProperty('dev:x')
    expect(access).not.toHaveProperty('cognito:groups')
    expect(id).not.toHaveProperty('cognito:groups')
    expect(lambda.calls[0]?.event).toMatchObject({
      version: '2',
      request: { scopes: ['aws.cognito.signin.user.admin'] },
      response: { claimsAndScopeOverrideDetails: null },
    })
  })

  it('is told what the tokens come of: a refresh, or a temporary password that was replaced', async () => {
    const pool = await makeTriggerPool(cognito(), tokens('V2_0'))
    await cognito().send(
      new AdminCreateUserCommand({
        UserPoolId: pool.poolId,
        Username: 'new',
        TemporaryPassword: 'Temporary-1',
        MessageAction: 'SUPPRESS',
      }),
    )
    const { Session } = await initiate(cognito(), pool, 'USER_PASSWORD_AUTH', {
      USERNAME: 'new',
      PASSWORD: 'Temporary-1',
    })
    const { AuthenticationResult } = await cognito().send(
      new RespondToAuthChallengeCommand({
        ClientId: pool.clientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session,
        ChallengeResponses: { USERNAME: 'new', NEW_PASSWORD: password },
        ClientMetadata: { step: 'first' },
      }),
    )
    await cognito().send(
      new GetTokensFromRefreshTokenCommand({
        ClientId: pool.clientId,
        RefreshToken: AuthenticationResult?.RefreshToken,
        ClientMetadata: { step: 'second' },
      }),
    )
    expect(lambda.calls.map(({ event }) => [event.triggerSource, event.request.clientMetadata])).toEqual([
      ['TokenGeneration_NewPasswordChallenge', { step: 'first' }],
      ['TokenGeneration_RefreshTokens', { step: 'second' }],
    ])
  })

  it.each([
    ['V2_0', 0],
    ['V3_0', 1],
  ] as const)('in %s hears of a machine’s token %d times', async (version, count) => {
    const pool = await makeTriggerPool(cognito(), tokens(version))
    await cognito().send(
      new CreateResourceServerCommand({
        UserPoolId: pool.poolId,
        Identifier: 'api',
        Name: 'api',
        Scopes: [{ ScopeName: 'read', ScopeDescription: 'reading' }],
      }),
    )
    const { UserPoolClient } = await cognito().send(
      new CreateUserPoolClientCommand({
        UserPoolId: pool.poolId,
        ClientName: 'machine',
        GenerateSecret: true,
        AllowedOAuthFlows: ['client_credentials'],
        AllowedOAuthFlowsUserPoolClient: true,
        AllowedOAuthScopes: ['api/read'],
      }),
    )
    lambda.define('Tokens', (event) => ({
      ...event,
      response: {
        claimsAndScopeOverrideDetails: {
          accessTokenGeneration: { claimsToAddOrOverride: { robot: true }, scopesToAdd: ['api/more'] },
        },
      },
    }))
    const answer = await fetch(`${regions.origins['us-east-1']}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: UserPoolClient?.ClientId ?? '',
        client_secret: UserPoolClient?.ClientSecret ?? '',
        aws_client_metadata: JSON.stringify({ job: 'nightly' }),
      }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    expect(claimsOf(token).scope).toBe(count === 0 ? 'api/read' : 'api/read api/more')
    expect(claimsOf(token).robot).toBe(count === 0 ? undefined : true)
    const calls = lambda.callsOf('TokenGeneration_ClientCredentials')
    expect(calls).toHaveLength(count)
    for (const { event } of calls)
      expect(event).toMatchObject({
        version: '3',
        userName: UserPoolClient?.ClientId,
        callerContext: { clientId: UserPoolClient?.ClientId },
        request: {
          userAttributes: {},
          scopes: ['api/read'],
          clientMetadata: { job: 'nightly' },
          groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [] },
        },
      })
  })

  it('that answers with a scope of two words, or with claims that are no map, is refused', async () => {
    const pool = await makeTriggerPool(cognito(), tokens('V2_0'))
    await makeUser(cognito(), pool, 'ana')
    for (const accessTokenGeneration of [{ scopesToAdd: ['two words'] }, { claimsToAddOrOverride: ['x'] }]) {
      lambda.define('Tokens', (event) => ({
        ...event,
        response: { claimsAndScopeOverrideDetails: { accessTokenGeneration } },
      }))
      await expect(signIn(cognito(), pool, 'ana')).rejects.toMatchObject({
        name: 'InvalidLambdaResponseException',
      })
    }
  })
})

describe('UserMigration', () => {
  let pool: TriggerPool
  let hiding: TriggerPool
  beforeAll(async () => {
    pool = await makeTriggerPool(cognito(), named('UserMigration'))
    hiding = await makeTriggerPool(
      cognito(),
      named('UserMigration'),
      {},
      { PreventUserExistenceErrors: 'ENABLED' },
    )
  })
  beforeEach(() =>
    lambda.define('UserMigration', (event) => {
      const isForgotten = event.triggerSource === 'UserMigration_ForgotPassword'
      if (!isForgotten && event.request.password !== 'from elsewhere') throw new Error('Bad password')
      return {
        ...event,
        response: {
          userAttributes: { email: `${event.userName}@example.com`, email_verified: 'true' },
          finalUserStatus: 'CONFIRMED',
          messageAction: 'SUPPRESS',
        },
      }
    }),
  )
  const enter = (at: TriggerPool, USERNAME: string, PASSWORD: string) =>
    initiate(cognito(), at, 'USER_PASSWORD_AUTH', { USERNAME, PASSWORD }, { via: 'app' })

  it('brings a user with the password that they sign in with, once', async () => {
    const { AuthenticationResult } = await enter(pool, 'old', 'from elsewhere')
    expect(claimsOf(AuthenticationResult?.IdToken)).toMatchObject({
      email: 'old@example.com',
      email_verified: true,
      'cognito:username': 'old',
    })
    await enter(pool, 'old', 'from elsewhere')
    expect(lambda.calls.map(({ event }) => event)).toMatchObject([
      {
        triggerSource: 'UserMigration_Authentication',
        userName: 'old',
        callerContext: { clientId: pool.clientId },
        request: { password: 'from elsewhere', validationData: { via: 'app' } },
      },
    ])
  })

  it('that refuses looks like a user who does not exist, or like a wrong password', async () => {
    await expect(enter(pool, 'eve', 'guess')).rejects.toMatchObject({
      name: 'UserNotFoundException',
      message: `Exception migrating user in app client ${pool.clientId}`,
    })
    await expect(enter(hiding, 'eve', 'guess')).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Incorrect username or password.',
    })
    lambda.define('UserMigration', (event) => event)
    await expect(enter(hiding, 'eve', 'guess')).rejects.toMatchObject({ name: 'NotAuthorizedException' })
  })

  it('counts refusals, so that nobody can try the other directory’s passwords without end', async () => {
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(enter(pool, 'target', `guess ${attempt}`)).rejects.toThrow()
    lambda.clear()
    await expect(enter(pool, 'target', 'guess')).rejects.toMatchObject({
      message: 'Password attempts exceeded',
    })
    expect(lambda.calls).toEqual([])
  })

  it('can ask for a new password', async () => {
    lambda.define('UserMigration', (event) => ({
      ...event,
      response: { userAttributes: { email: 'reset@example.com' }, finalUserStatus: 'RESET_REQUIRED' },
    }))
    await expect(enter(pool, 'reset', 'from elsewhere')).rejects.toMatchObject({
      name: 'PasswordResetRequiredException',
    })
  })

  it('brings a user who forgot the password, and sends them a code', async () => {
    const { CodeDeliveryDetails } = await cognito().send(
      new ForgotPasswordCommand({ ClientId: pool.clientId, Username: 'gone', ClientMetadata: { a: 'b' } }),
    )
    expect(CodeDeliveryDetails?.Destination).toBe('g***@e***')
    expect((await lastMessage(regions, pool.poolId, 'gone@example.com')).code).toMatch(/^\d{6}$/)
    expect(lambda.calls.map(({ event }) => event)).toMatchObject([
      {
        triggerSource: 'UserMigration_ForgotPassword',
        userName: 'gone',
        request: { clientMetadata: { a: 'b' } },
      },
    ])
    expect(lambda.calls[0]?.event.request).not.toHaveProperty('password')
  })

  it('that refuses to know who forgot the password tells a client that hides users nothing', async () => {
    lambda.define('UserMigration', () => {
      throw new Error('unknown')
    })
    const { CodeDeliveryDetails } = await cognito().send(
      new ForgotPasswordCommand({ ClientId: hiding.clientId, Username: 'who' }),
    )
    expect(CodeDeliveryDetails?.DeliveryMedium).toBe('EMAIL')
    await expect(
      cognito().send(new AdminGetUserCommand({ UserPoolId: hiding.poolId, Username: 'who' })),
    ).rejects.toMatchObject({ name: 'UserNotFoundException' })
    await expect(
      cognito().send(new ForgotPasswordCommand({ ClientId: pool.clientId, Username: 'who' })),
    ).rejects.toMatchObject({ name: 'UserNotFoundException' })
  })

  it('is not asked by SRP, which brings no password', async () => {
    await expect(
      cognito().send(
        new InitiateAuthCommand({
          ClientId: pool.clientId,
          AuthFlow: 'USER_SRP_AUTH',
          AuthParameters: { USERNAME: 'srp', SRP_A: 'ab'.repeat(384) },
        }),
      ),
    ).rejects.toMatchObject({ name: 'UserNotFoundException' })
    expect(lambda.calls).toEqual([])
  })
})

it('a trigger that is taken out of LambdaConfig is not called any more', async () => {
  const pool = await makeTriggerPool(cognito(), named('PreAuthentication'))
  await makeUser(cognito(), pool, 'ana')
  await signIn(cognito(), pool, 'ana')
  await cognito().send(new UpdateUserPoolCommand({ UserPoolId: pool.poolId, LambdaConfig: {} }))
  await signIn(cognito(), pool, 'ana')
  expect(lambda.calls).toHaveLength(1)
})
