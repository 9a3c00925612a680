// CUSTOM_AUTH: sign-ins that the pool's functions lead, over the Invoke API.
import {
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  type InitiateAuthResponse,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
} from 'amazon-cognito-identity-js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { startRegions } from '../support/regions.ts'
import { clientClaim, newSrpClient } from '../support/srp-client.ts'
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
let pool: TriggerPool
let hiding: TriggerPool
const cognito = () => regions.cognito('us-east-1')
const challengeTriggers = {
  DefineAuthChallenge: functionArn('Define'),
  CreateAuthChallenge: functionArn('Create'),
  VerifyAuthChallengeResponse: functionArn('Verify'),
}

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions(['us-east-1'], { lambda: { endpoint: lambda.origin } })
  pool = await makeTriggerPool(cognito(), challengeTriggers)
  hiding = await makeTriggerPool(cognito(), challengeTriggers, {}, { PreventUserExistenceErrors: 'ENABLED' })
  for (const made of [pool, hiding]) await makeUser(cognito(), made, 'ana')
})
afterAll(async () => {
  await regions.close()
  await lambda.close()
})

type Result = { readonly challengeName: string; readonly challengeResult: boolean }

/** Up to three questions, one right answer; after a password when the client begins with one. */
beforeEach(() => {
  lambda.define('Define', (event) => {
    const session = event.request.session as Result[]
    const last = session.at(-1)
    const asked = session.filter(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')
    const response =
      last?.challengeName === 'SRP_A'
        ? { challengeName: 'PASSWORD_VERIFIER' }
        : last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult
          ? { issueTokens: true }
          : asked.length >= 3
            ? { failAuthentication: true }
            : { challengeName: 'CUSTOM_CHALLENGE' }
    return { ...event, response: { issueTokens: false, failAuthentication: false, ...response } }
  })
  lambda.define('Create', (event) => ({
    ...event,
    response: {
      publicChallengeParameters: { question: 'the colour' },
      privateChallengeParameters: { answer: 'blue' },
      challengeMetadata: 'COLOUR',
    },
  }))
  lambda.define('Verify', (event) => {
    const { answer } = event.request.privateChallengeParameters as { answer: string }
    return { ...event, response: { answerCorrect: event.request.challengeAnswer === answer } }
  })
  lambda.clear()
})

const start = (USERNAME = 'ana', at = pool) => initiate(cognito(), at, 'CUSTOM_AUTH', { USERNAME })
const answer = (
  { Session }: InitiateAuthResponse,
  ANSWER: string,
  { USERNAME = 'ana', at = pool }: { USERNAME?: string; at?: TriggerPool } = {},
) =>
  cognito().send(
    new RespondToAuthChallengeCommand({
      ClientId: at.clientId,
      ChallengeName: 'CUSTOM_CHALLENGE',
      Session,
      ChallengeResponses: { USERNAME, ANSWER },
      ClientMetadata: { step: ANSWER },
    }),
  )

describe('CUSTOM_AUTH', () => {
  it('asks what the functions ask and gives tokens when they say so, each event as Amazon documents it', async () => {
    const asked = await start()
    expect(asked).toMatchObject({
      ChallengeName: 'CUSTOM_CHALLENGE',
      ChallengeParameters: { USERNAME: 'ana', question: 'the colour' },
    })
    expect(JSON.stringify(asked)).not.toContain('blue')
    const again = await answer(asked, 'red')
    expect(again.ChallengeName).toBe('CUSTOM_CHALLENGE')
    const { AuthenticationResult } = await answer(again, 'blue')
    expect(claimsOf(AuthenticationResult?.IdToken)['cognito:username']).toBe('ana')

    const wrong = {
      challengeName: 'CUSTOM_CHALLENGE',
      challengeResult: false,
      challengeMetadata: 'COLOUR',
    }
    const right = { ...wrong, challengeResult: true }
    expect(lambda.calls.map(({ name, event: { request } }) => [name, request])).toMatchObject([
      ['Define', { session: [], userNotFound: false, userAttributes: { email: 'ana@example.com' } }],
      ['Create', { session: [], challengeName: 'CUSTOM_CHALLENGE', userNotFound: false }],
      [
        'Verify',
        {
          challengeAnswer: 'red',
          privateChallengeParameters: { answer: 'blue' },
          clientMetadata: { step: 'red' },
        },
      ],
      ['Define', { session: [wrong], clientMetadata: { step: 'red' } }],
      ['Create', { session: [wrong], clientMetadata: { step: 'red' } }],
      ['Verify', { challengeAnswer: 'blue' }],
      ['Define', { session: [wrong, right] }],
    ])
    expect(new Set(lambda.calls.map(({ event }) => event.triggerSource))).toEqual(
      new Set([
        'DefineAuthChallenge_Authentication',
        'CreateAuthChallenge_Authentication',
        'VerifyAuthChallengeResponse_Authentication',
      ]),
    )
  })

  it('ends when a function says that it failed', async () => {
    let asked: InitiateAuthResponse = await start()
    asked = await answer(asked, 'red')
    asked = await answer(asked, 'red')
    await expect(answer(asked, 'red')).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Incorrect username or password.',
    })
  })

  it('takes a Session once, so that wrong answers can’t be left out of the history', async () => {
    const asked = await start()
    await answer(asked, 'red')
    await expect(answer(asked, 'blue')).rejects.toMatchObject({ name: 'NotAuthorizedException' })
  })

  it('takes a Session from the user and the client that it is of only', async () => {
    const asked = await start()
    await makeUser(cognito(), pool, 'eve')
    await expect(answer(asked, 'blue', { USERNAME: 'eve' })).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    })
    await expect(answer(asked, 'blue', { at: hiding })).rejects.toMatchObject({
      name: 'NotAuthorizedException',
    })
  })

  it('of an administrator works the same', async () => {
    const { poolId: UserPoolId, clientId: ClientId } = pool
    const asked = await cognito().send(
      new AdminInitiateAuthCommand({
        UserPoolId,
        ClientId,
        AuthFlow: 'CUSTOM_AUTH',
        AuthParameters: { USERNAME: 'ana' },
      }),
    )
    const { AuthenticationResult } = await cognito().send(
      new AdminRespondToAuthChallengeCommand({
        UserPoolId,
        ClientId,
        ChallengeName: 'CUSTOM_CHALLENGE',
        Session: asked.Session,
        ChallengeResponses: { USERNAME: 'ana', ANSWER: 'blue' },
      }),
    )
    expect(AuthenticationResult?.AccessToken).toBeDefined()
  })

  it('needs the client’s leave and the pool’s functions', async () => {
    const bare = await makeTriggerPool(cognito(), {})
    await makeUser(cognito(), bare, 'ana')
    await expect(start('ana', bare)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Custom auth lambda trigger is not configured for the user pool.',
    })
    const without = await makeTriggerPool(
      cognito(),
      challengeTriggers,
      {},
      { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
    )
    await expect(start('ana', without)).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(
      initiate(cognito(), pool, 'CUSTOM_AUTH', { USERNAME: 'ana', CHALLENGE_NAME: 'OTHER' }),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it.each([
    ['that decides nothing', {}],
    ['that names a challenge which can’t be presented', { challengeName: 'SMS_MFA' }],
    ['that asks for a password which the client didn’t begin with', { challengeName: 'PASSWORD_VERIFIER' }],
  ])('refuses an answer of DefineAuthChallenge %s', async (_, response) => {
    lambda.define('Define', (event) => ({ ...event, response }))
    await expect(start()).rejects.toMatchObject({ name: 'InvalidLambdaResponseException' })
  })

  it('refuses private parameters that no Session can hold', async () => {
    lambda.define('Create', (event) => ({
      ...event,
      response: { privateChallengeParameters: { answer: 'x'.repeat(2_000) } },
    }))
    await expect(start()).rejects.toMatchObject({ name: 'InvalidLambdaResponseException' })
  })
})

it('amazon-cognito-identity-js signs in by it, with a password first and without one', async () => {
  const endpoint = regions.origins['us-east-1'] ?? ''
  const users = new CognitoUserPool({ UserPoolId: pool.poolId, ClientId: pool.clientId, endpoint })
  const signInBy = (begin: 'authenticateUser' | 'initiateAuth') =>
    new Promise<string>((resolve, reject) => {
      const user = new CognitoUser({ Username: 'ana', Pool: users })
      user.setAuthenticationFlowType('CUSTOM_AUTH')
      const steps = {
        onSuccess: (session: CognitoUserSession) => resolve(session.getIdToken().getJwtToken()),
        onFailure: reject,
        customChallenge: () => user.sendCustomChallengeAnswer('blue', steps),
      }
      user[begin](new AuthenticationDetails({ Username: 'ana', Password: password }), steps)
    })
  for (const begin of ['authenticateUser', 'initiateAuth'] as const)
    expect(claimsOf(await signInBy(begin))['cognito:username']).toBe('ana')
  expect(
    lambda.callsOf('DefineAuthChallenge_Authentication').map(({ event }) => {
      const session = event.request.session as readonly Result[]
      return session.map(({ challengeName }) => challengeName)
    }),
  ).toEqual([
    ['SRP_A'],
    ['SRP_A', 'PASSWORD_VERIFIER'],
    ['SRP_A', 'PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'],
    [],
    ['CUSTOM_CHALLENGE'],
  ])
})

describe('a user who does not exist', () => {
  it('is told so to a client that doesn’t hide it', async () => {
    await expect(start('nobody')).rejects.toMatchObject({ name: 'UserNotFoundException' })
  })

  it('is asked like any other by a client that hides it, and never gets tokens', async () => {
    const about = { USERNAME: 'nobody', at: hiding }
    const asked = await start('nobody', hiding)
    expect(asked.ChallengeParameters).toEqual({ USERNAME: 'nobody', question: 'the colour' })
    await expect(answer(asked, 'blue', about)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Incorrect username or password.',
    })
    await expect(answer(asked, 'blue', about)).rejects.toMatchObject({
      message: 'Invalid session for the user, session can only be used once.',
    })
    for (const { event } of lambda.calls)
      expect(event).toMatchObject({
        userName: 'nobody',
        request: { userNotFound: true, userAttributes: {} },
      })
  })

  it('is what a disabled user looks like to a client that hides users', async () => {
    await makeUser(cognito(), hiding, 'off')
    await cognito().send(new AdminDisableUserCommand({ UserPoolId: hiding.poolId, Username: 'off' }))
    const asked = await start('off', hiding)
    expect(lambda.calls[0]?.event.request.userNotFound).toBe(true)
    await expect(answer(asked, 'blue', { USERNAME: 'off', at: hiding })).rejects.toMatchObject({
      message: 'Incorrect username or password.',
    })
  })
})

describe('a custom sign-in that begins with SRP_A', () => {
  const begin = async (at = pool, USERNAME = 'ana') => {
    const srp = newSrpClient(at.poolId)
    const answered = await initiate(cognito(), at, 'CUSTOM_AUTH', {
      USERNAME,
      CHALLENGE_NAME: 'SRP_A',
      SRP_A: srp.clientPublic,
    })
    return { srp, answered }
  }
  const prove = async ({ srp, answered }: Awaited<ReturnType<typeof begin>>, given = password) => {
    const {
      USER_ID_FOR_SRP = '',
      SRP_B = '',
      SALT = '',
      SECRET_BLOCK = '',
    } = answered.ChallengeParameters ?? {}
    const timestamp = 'Mon Nov 23 09:11:30 UTC 2026'
    const claim = await clientClaim(srp, {
      username: USER_ID_FOR_SRP,
      password: given,
      serverPublic: SRP_B,
      salt: SALT,
      secretBlock: Buffer.from(SECRET_BLOCK, 'base64'),
      timestamp,
    })
    return cognito().send(
      new RespondToAuthChallengeCommand({
        ClientId: pool.clientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: {
          USERNAME: USER_ID_FOR_SRP,
          PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK,
          PASSWORD_CLAIM_SIGNATURE: claim.toString('base64'),
          TIMESTAMP: timestamp,
        },
      }),
    )
  }

  it('asks for the password first and for the rest afterwards, whatever the client leaves out', async () => {
    const begun = await begin()
    expect(begun.answered.ChallengeName).toBe('PASSWORD_VERIFIER')
    const asked = await prove(begun)
    expect(asked.AuthenticationResult).toBeUndefined()
    expect(asked.ChallengeName).toBe('CUSTOM_CHALLENGE')
    const { AuthenticationResult } = await answer(asked, 'blue')
    expect(AuthenticationResult?.AccessToken).toBeDefined()
    const sessions = lambda
      .callsOf('DefineAuthChallenge_Authentication')
      .map(({ event }) => event.request.session)
    const srpA = { challengeName: 'SRP_A', challengeResult: true }
    const verified = { challengeName: 'PASSWORD_VERIFIER', challengeResult: true }
    expect(sessions).toEqual([
      [srpA],
      [srpA, verified],
      [
        srpA,
        verified,
        { challengeName: 'CUSTOM_CHALLENGE', challengeResult: true, challengeMetadata: 'COLOUR' },
      ],
    ])
  })

  it('ends with a wrong password', async () => {
    await expect(prove(await begin(), 'Wrong-Password-1')).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Incorrect username or password.',
    })
    expect(lambda.callsOf('DefineAuthChallenge_Authentication')).toHaveLength(1)
    await signIn(cognito(), pool, 'ana')
  })
})
