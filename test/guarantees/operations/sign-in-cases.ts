// What provokes the errors of the operations by which users sign in: the same for users and for administrators on their behalf.
import type { Input } from '../../../src/directory/operation.ts'
import { functionArn } from '../../support/lambda-endpoint.ts'
import { required } from './call.ts'
import type { Rows } from './rows.ts'
import { totpOf } from './token-requests.ts'
import { aliasPool, historyPool } from './user-cases.ts'
import { askedNewPassword } from './user-requests.ts'
import { password, type World, wrong } from './world.ts'

type Starter = 'user' | 'admin'
type Start = Omit<Input<'AdminInitiateAuth'>, 'UserPoolId'>
type Pool = { readonly poolId: string; readonly clientId: string }

const passwordFlow = { user: 'USER_PASSWORD_AUTH', admin: 'ADMIN_USER_PASSWORD_AUTH' } as const

/** The request of either starter. */
const startOf = (starter: Starter, { poolId }: Pick<Pool, 'poolId'>, start: Start) =>
  (starter === 'admin' ? { UserPoolId: poolId, ...start } : start) as Input<'AdminInitiateAuth'>
const withPassword = (starter: Starter, pool: Pool, USERNAME: string, PASSWORD = password) =>
  startOf(starter, pool, {
    ClientId: pool.clientId,
    AuthFlow: passwordFlow[starter],
    AuthParameters: { USERNAME, PASSWORD },
  })
const begin = (world: World, starter: Starter, request: Input<'AdminInitiateAuth'>) =>
  starter === 'admin' ? world.call('AdminInitiateAuth', request) : world.call('InitiateAuth', request)

/** The user whose password was reset. */
const resetUser = async ({ call, poolId, makeUser }: World): Promise<string> => {
  const Username = await makeUser()
  await call('AdminResetUserPassword', { UserPoolId: poolId, Username })
  return Username
}
/** A pool whose functions lead a sign-in. */
const customPool = async ({ functions, makePoolWith }: World): Promise<Pool> => {
  functions.write(
    'define-challenge',
    `export const handler = async (event) => ({ ...event, response: { challengeName: 'CUSTOM_CHALLENGE', issueTokens: false, failAuthentication: false } })`,
  )
  functions.write(
    'create-challenge',
    `export const handler = async (event) => ({ ...event, response: { publicChallengeParameters: {}, privateChallengeParameters: {} } })`,
  )
  return makePoolWith({
    LambdaConfig: {
      DefineAuthChallenge: functionArn('define-challenge'),
      CreateAuthChallenge: functionArn('create-challenge'),
    },
  })
}
/** A pool of the LITE plan with a client from the time when it had another one. */
const downgraded = (world: World): Promise<Pool> =>
  world.shared('downgraded', async () => {
    const pool = await world.makePoolWith({})
    await world.call('UpdateUserPool', { UserPoolId: pool.poolId, UserPoolTier: 'LITE' })
    return pool
  })

export const initiateCases = (starter: Starter) => ({
  FeatureUnavailableInTierException: {
    provoke: async (world: World) => {
      const pool = await downgraded(world)
      return startOf(starter, pool, {
        ClientId: pool.clientId,
        AuthFlow: 'USER_AUTH',
        AuthParameters: { USERNAME: 'anybody' },
      })
    },
  },
  InvalidUserPoolConfigurationException: {
    provoke: async (world: World) => {
      const pool = await customPool(world)
      await world.call('UpdateUserPool', {
        UserPoolId: pool.poolId,
        LambdaConfig: { DefineAuthChallenge: functionArn('define-challenge') },
      })
      return startOf(starter, pool, {
        ClientId: pool.clientId,
        AuthFlow: 'CUSTOM_AUTH',
        AuthParameters: { USERNAME: await world.makeUser(pool.poolId) },
      })
    },
  },
  NotAuthorizedException: {
    provoke: async (world: World) =>
      withPassword(starter, world, await world.makeUser(), 'Another-1-password'),
  },
  PasswordResetRequiredException: {
    provoke: async (world: World) => withPassword(starter, world, await resetUser(world)),
  },
  UnsupportedOperationException: {
    provoke: async (world: World) => {
      const clientId = await world.makeClient(world.poolId, {
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
        RefreshTokenRotation: { Feature: 'ENABLED' },
      })
      const { refreshToken } = await world.signIn(await world.makeUser(), clientId)
      return startOf(starter, world, {
        ClientId: clientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN: refreshToken },
      })
    },
  },
  UserNotConfirmedException: {
    provoke: async (world: World) => withPassword(starter, world, await world.makeUnconfirmed()),
  },
  UserNotFoundException: { provoke: async (world: World) => withPassword(starter, world, 'nobody-there') },
})

type Answer = Omit<Input<'AdminRespondToAuthChallenge'>, 'UserPoolId'>
const answerOf = (starter: Starter, { poolId }: Pick<Pool, 'poolId'>, answer: Answer) =>
  (starter === 'admin' ? { UserPoolId: poolId, ...answer } : answer) as Input<'AdminRespondToAuthChallenge'>

/** The answer to SELECT_CHALLENGE that brings the password. `between` happens after the choice was offered. */
const choosePassword = async (
  world: World,
  starter: Starter,
  USERNAME: string,
  between: () => Promise<unknown> = async () => undefined,
) => {
  const { Session } = await begin(
    world,
    starter,
    startOf(starter, world, {
      ClientId: world.clientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME },
    }),
  )
  await between()
  return answerOf(starter, world, {
    ClientId: world.clientId,
    ChallengeName: 'SELECT_CHALLENGE',
    Session,
    ChallengeResponses: { USERNAME, ANSWER: 'PASSWORD', PASSWORD: password },
  })
}
/** A user with a software token, the code with which it was verified, and an answer with it to a sign-in that was begun since. */
const withSoftwareToken = async (world: World, starter: Starter) => {
  const { call } = world
  const { username, accessToken: AccessToken } = await world.makeSignedIn()
  const { SecretCode } = await call('AssociateSoftwareToken', { AccessToken })
  const code = totpOf(SecretCode)
  await call('VerifySoftwareToken', { AccessToken, UserCode: code })
  await call('SetUserMFAPreference', {
    AccessToken,
    SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
  })
  const answer = async () => {
    const { Session } = await begin(world, starter, withPassword(starter, world, username))
    return answerOf(starter, world, {
      ClientId: world.clientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session,
      ChallengeResponses: { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code },
    })
  }
  return { username, answer }
}
const respond = (world: World, starter: Starter, answer: Input<'AdminRespondToAuthChallenge'>) =>
  starter === 'admin'
    ? world.call('AdminRespondToAuthChallenge', answer)
    : world.call('RespondToAuthChallenge', answer)

const newPasswordAnswer = async (
  world: World,
  starter: Starter,
  pool: Pool,
  Username: string,
  responses: Record<string, string>,
) => {
  const user = { UserPoolId: pool.poolId, Username }
  await world.call('AdminSetUserPassword', { ...user, Password: `${password}9`, Permanent: false })
  const { Session } = await begin(world, starter, withPassword(starter, pool, Username, `${password}9`))
  return answerOf(starter, pool, {
    ClientId: pool.clientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session,
    ChallengeResponses: { USERNAME: Username, ...responses },
  })
}

export const respondCases = (starter: Starter) => ({
  AliasExistsException: {
    provoke: async (world: World) => {
      const pool = await aliasPool(world)
      return newPasswordAnswer(world, starter, pool, await world.makeUser(pool.poolId), {
        NEW_PASSWORD: `${password}3`,
        'userAttributes.preferred_username': 'taken',
      })
    },
  },
  CodeMismatchException: {
    provoke: async (world: World) => {
      const Username = await world.makeUser()
      await world.call('AdminSetUserMFAPreference', {
        UserPoolId: world.poolId,
        Username,
        EmailMfaSettings: { Enabled: true, PreferredMfa: true },
      })
      const { Session } = await begin(world, starter, withPassword(starter, world, Username))
      return answerOf(starter, world, {
        ClientId: world.clientId,
        ChallengeName: 'EMAIL_OTP',
        Session,
        ChallengeResponses: { USERNAME: Username, EMAIL_OTP_CODE: wrong(await world.codeOf(Username)) },
      })
    },
  },
  ExpiredCodeException: {
    provoke: async (world: World) => {
      const { answer } = await withSoftwareToken(world, starter)
      await respond(world, starter, await answer()).catch(() => undefined)
      return answer()
    },
  },
  UserNotFoundException: {
    provoke: async (world: World) => {
      const { ChallengeResponses, ...asked } = await askedNewPassword(world)
      return answerOf(starter, world, {
        ...asked,
        ChallengeResponses: { ...ChallengeResponses, USERNAME: 'nobody-there' },
      })
    },
  },
  InvalidPasswordException: {
    provoke: async (world: World) => {
      const { ChallengeResponses, ...asked } = await askedNewPassword(world)
      return answerOf(starter, world, {
        ...asked,
        ChallengeResponses: { ...ChallengeResponses, NEW_PASSWORD: 'short' },
      })
    },
  },
  InvalidUserPoolConfigurationException: {
    provoke: async (world: World) => {
      const pool = await customPool(world)
      const USERNAME = await world.makeUser(pool.poolId)
      const { Session } = await begin(
        world,
        starter,
        startOf(starter, pool, {
          ClientId: pool.clientId,
          AuthFlow: 'CUSTOM_AUTH',
          AuthParameters: { USERNAME },
        }),
      )
      await world.call('UpdateUserPool', { UserPoolId: pool.poolId })
      return answerOf(starter, pool, {
        ClientId: pool.clientId,
        ChallengeName: 'CUSTOM_CHALLENGE',
        Session,
        ChallengeResponses: { USERNAME, ANSWER: 'any' },
      })
    },
  },
  NotAuthorizedException: {
    provoke: async (world: World) => {
      const asked = await askedNewPassword(world)
      const Session = `${required(asked.Session).slice(0, -8)}AAAAAAAA`
      return answerOf(starter, world, { ...asked, Session })
    },
  },
  PasswordHistoryPolicyViolationException: {
    provoke: async (world: World) => {
      const { username, ...pool } = await historyPool(world)
      return newPasswordAnswer(world, starter, pool, username, { NEW_PASSWORD: password })
    },
  },
  PasswordResetRequiredException: {
    provoke: async (world: World) => {
      const Username = await world.makeUser()
      return choosePassword(world, starter, Username, () =>
        world.call('AdminResetUserPassword', { UserPoolId: world.poolId, Username }),
      )
    },
  },
  SoftwareTokenMFANotFoundException: {
    provoke: async (world: World) => {
      const { username, answer } = await withSoftwareToken(world, starter)
      const answered = await answer()
      await world.call('AdminDeleteSoftwareToken', { UserPoolId: world.poolId, Username: username })
      return answered
    },
  },
  UserNotConfirmedException: {
    provoke: async (world: World) => choosePassword(world, starter, await world.makeUnconfirmed()),
  },
})

export const signInCases: Rows = {
  AdminInitiateAuth: initiateCases('admin'),
  InitiateAuth: initiateCases('user'),
  AdminRespondToAuthChallenge: respondCases('admin'),
  RespondToAuthChallenge: respondCases('user'),
}
