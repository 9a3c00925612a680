// Sign-in through the AWS SDK and amazon-cognito-identity-js against a real listener: what each outcome is.
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  CreateUserPoolClientCommand,
  GetUserCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js'
import { afterAll, describe, expect, it } from 'vitest'
import { users } from '../../src/directory/records/user.ts'
import { secretHash } from '../../src/directory/secret-hash.ts'
import { startSigninRegion } from '../support/signin-region.ts'
import { flows, password, refusal, stepsOf } from '../support/signin-steps.ts'

const region = await startSigninRegion()
const { makePool, makeClient, makeUser, signIn, verified, startSrp, answerSrp } = stepsOf(region)
afterAll(() => region.close())

describe('the right password', () => {
  it('signs in through amazon-cognito-identity-js with SRP, by name and by alias', async () => {
    const { poolId, clientId } = await makePool({ AliasAttributes: ['email'] })
    await makeUser(poolId, 'ana', { email: 'ana@example.com', email_verified: 'true' })
    for (const Username of ['ana', 'ana@example.com']) {
      const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: region.origin })
      const user = new CognitoUser({ Username, Pool: pool })
      const session = await new Promise<{ getIdToken(): { payload: Record<string, unknown> } }>(
        (onSuccess, onFailure) =>
          user.authenticateUser(new AuthenticationDetails({ Username, Password: password }), {
            onSuccess,
            onFailure,
          }),
      )
      expect(session.getIdToken().payload['cognito:username']).toBe('ana')
    }
  })

  it('gives tokens with the claims of Cognito, which verify against the JWKS', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana', { email: 'ana@example.com', email_verified: 'true' })
    const { AuthenticationResult, ChallengeName } = await signIn(clientId, 'ana')
    expect(ChallengeName).toBeUndefined()
    expect(AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer' })
    const { idToken, accessToken } = await verified(poolId, clientId, AuthenticationResult)
    const seconds = expect.any(Number)
    const text = expect.any(String)
    const shared = {
      origin_jti: idToken.origin_jti,
      event_id: idToken.event_id,
      auth_time: idToken.auth_time,
    }
    expect(idToken).toEqual({
      sub: text,
      email: 'ana@example.com',
      email_verified: true,
      iss: `${region.origin}/${poolId}`,
      'cognito:username': 'ana',
      origin_jti: text,
      aud: clientId,
      event_id: text,
      token_use: 'id',
      auth_time: seconds,
      exp: Number(idToken.iat) + 3600,
      iat: seconds,
      jti: text,
    })
    expect(accessToken).toEqual({
      ...shared,
      sub: idToken.sub,
      iss: idToken.iss,
      client_id: clientId,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      exp: Number(accessToken.iat) + 3600,
      iat: seconds,
      jti: text,
      username: 'ana',
    })
    expect(AuthenticationResult?.RefreshToken?.split('.')).toHaveLength(5)
    const own = await region.client.send(
      new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken }),
    )
    expect(own.Username).toBe('ana')
    expect(own.UserAttributes).toContainEqual({ Name: 'email', Value: 'ana@example.com' })
  })

  it('works with ADMIN_USER_PASSWORD_AUTH and both names of it, and with any case of the name', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'Ana')
    for (const AuthFlow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'] as const) {
      const answer = await region.client.send(
        new AdminInitiateAuthCommand({
          UserPoolId: poolId,
          ClientId: clientId,
          AuthFlow,
          AuthParameters: { USERNAME: 'aNA', PASSWORD: password },
        }),
      )
      expect(answer.AuthenticationResult?.AccessToken).toBeDefined()
    }
  })

  it('needs the secret hash of a client with a secret, made with the name that was given', async () => {
    const { poolId, client, clientId } = await makePool({}, { GenerateSecret: true })
    await makeUser(poolId, 'ana')
    const hash = secretHash(client.ClientSecret ?? '', 'ana', clientId)
    await expect(startSrp(poolId, clientId, 'ana')).rejects.toEqual(
      refusal('NotAuthorizedException', /SECRET_HASH/),
    )
    await expect(startSrp(poolId, clientId, 'ana', 'bm90IGl0')).rejects.toEqual(
      refusal('NotAuthorizedException', `Unable to verify secret hash for client ${clientId}`),
    )
    expect((await startSrp(poolId, clientId, 'ana', hash)).parameters.SRP_B).toBeDefined()
  })
})

describe('a password that is not right', () => {
  it('is refused in the same words by every flow', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const wrong = refusal('NotAuthorizedException', 'Incorrect username or password.')
    await expect(signIn(clientId, 'ana', 'wrong')).rejects.toEqual(wrong)
    const begun = await startSrp(poolId, clientId, 'ana')
    await expect(answerSrp(begun, clientId, { password: 'wrong' })).rejects.toEqual(wrong)
  })

  it('says nothing more of guesses that were made at once than of five, not even of the right one', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const guesses = [...Array.from({ length: 20 }, (_, count) => `wrong-${count}`), password]
    const answers = await Promise.all(
      guesses.map((guess) =>
        signIn(clientId, 'ana', guess).then(
          () => 'signed in',
          (error: Error) => error.message,
        ),
      ),
    )
    expect(answers.filter((answer) => answer === 'Incorrect username or password.')).toHaveLength(5)
    expect(answers.filter((answer) => answer === 'Password attempts exceeded')).toHaveLength(16)
  })

  it('locks the user out after five failures, longer each time, and not for ever', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    for (let failure = 0; failure < 5; failure++)
      await expect(signIn(clientId, 'ana', 'wrong')).rejects.toEqual(
        refusal('NotAuthorizedException', 'Incorrect username or password.'),
      )
    await expect(signIn(clientId, 'ana')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Password attempts exceeded'),
    )
    region.pass(1_000)
    await expect(signIn(clientId, 'ana', 'wrong')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    )
    region.pass(1_000)
    await expect(signIn(clientId, 'ana')).rejects.toEqual(
      refusal('NotAuthorizedException', 'Password attempts exceeded'),
    )
    region.pass(1_000)
    expect((await signIn(clientId, 'ana')).AuthenticationResult).toBeDefined()
  })
})

describe('a user who does not exist', () => {
  it('is named as such to a client on LEGACY', async () => {
    const { poolId, clientId } = await makePool({}, { PreventUserExistenceErrors: 'LEGACY' })
    const missing = refusal('UserNotFoundException', 'User does not exist.')
    await expect(signIn(clientId, 'nobody')).rejects.toEqual(missing)
    await expect(startSrp(poolId, clientId, 'nobody')).rejects.toEqual(missing)
  })

  it('is what a sub stands for, unless it is the user’s name', async () => {
    const { poolId, clientId } = await makePool()
    await makeUser(poolId, 'ana')
    const idOf = async (id: string, name: string) => {
      const { AuthenticationResult } = await signIn(id, name)
      const own = await region.client.send(
        new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken }),
      )
      return own.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''
    }
    const unknown = refusal('UserNotFoundException', 'User does not exist.')
    const sub = await idOf(clientId, 'ana')
    await expect(signIn(clientId, sub)).rejects.toEqual(unknown)
    await expect(startSrp(poolId, clientId, sub)).rejects.toEqual(unknown)
    const byEmail = await makePool({ UsernameAttributes: ['email'] })
    await makeUser(byEmail.poolId, 'ana@example.com')
    const name = await idOf(byEmail.clientId, 'ana@example.com')
    expect(await idOf(byEmail.clientId, name)).toBe(name)
  })

  it('looks like one with another password to a client that must not know, always with the same salt', async () => {
    const { poolId, clientId } = await makePool({}, { PreventUserExistenceErrors: 'ENABLED' })
    await makeUser(poolId, 'ana')
    const wrong = refusal('NotAuthorizedException', 'Incorrect username or password.')
    await expect(signIn(clientId, 'nobody')).rejects.toEqual(wrong)
    const real = await startSrp(poolId, clientId, 'ana')
    const first = await startSrp(poolId, clientId, 'nobody')
    const second = await startSrp(poolId, clientId, 'Nobody')
    expect(Object.keys(first.parameters).sort()).toEqual(Object.keys(real.parameters).sort())
    expect(first.parameters.SALT).toBe(second.parameters.SALT)
    expect(first.parameters.SALT).not.toBe(real.parameters.SALT)
    expect(first.parameters.SALT).toMatch(/^[0-9a-f]{32}$/)
    await expect(answerSrp(first, clientId)).rejects.toEqual(wrong)
  })
})

const changeUser = async (poolId: string, name: string, change: object) => {
  const { primary } = region.runtime.vault.pool(poolId)
  const stored = await primary.get(users, name)
  if (stored === undefined) throw new Error('no such user')
  await primary.commit((changes) => changes.replace(users, stored, { ...stored.value, ...change }))
}

describe("a user's state", () => {
  const states = [
    [{ isEnabled: false }, refusal('NotAuthorizedException', 'User is disabled.')],
    [{ status: 'UNCONFIRMED' }, refusal('UserNotConfirmedException', 'User is not confirmed.')],
    [{ status: 'RESET_REQUIRED' }, refusal('PasswordResetRequiredException')],
    [{ status: 'RESET_REQUIRED', credential: undefined }, refusal('PasswordResetRequiredException')],
  ] as const

  it('that forbids a sign-in is told before the password is looked at, with every flow', async () => {
    const { poolId, clientId } = await makePool()
    for (const [index, [change, refused]] of states.entries()) {
      await makeUser(poolId, `user${index}`)
      const begun = await startSrp(poolId, clientId, `user${index}`)
      await changeUser(poolId, `user${index}`, change)
      for (const given of [password, 'another']) {
        await expect(signIn(clientId, `user${index}`, given)).rejects.toEqual(refused)
        await expect(answerSrp(begun, clientId, { password: given })).rejects.toEqual(refused)
      }
    }
  })

  it('is told after the right password only by a client that hides users', async () => {
    const { poolId, clientId } = await makePool({}, { PreventUserExistenceErrors: 'ENABLED' })
    const wrong = refusal('NotAuthorizedException', 'Incorrect username or password.')
    for (const [index, [change, refused]] of states.slice(0, 3).entries()) {
      await makeUser(poolId, `user${index}`)
      const begun = await startSrp(poolId, clientId, `user${index}`)
      await changeUser(poolId, `user${index}`, change)
      await expect(signIn(clientId, `user${index}`)).rejects.toEqual(refused)
      await expect(answerSrp(begun, clientId)).rejects.toEqual(refused)
      await expect(signIn(clientId, `user${index}`, 'another')).rejects.toEqual(wrong)
      await expect(answerSrp(begun, clientId, { password: 'another' })).rejects.toEqual(wrong)
    }
  })

  it('is not told of a user without any password by a client that hides users', async () => {
    const { poolId, clientId } = await makePool({}, { PreventUserExistenceErrors: 'ENABLED' })
    await makeUser(poolId, 'ana')
    const begun = await startSrp(poolId, clientId, 'ana')
    await changeUser(poolId, 'ana', { status: 'RESET_REQUIRED', credential: undefined })
    const wrong = refusal('NotAuthorizedException', 'Incorrect username or password.')
    await expect(signIn(clientId, 'ana')).rejects.toEqual(wrong)
    await expect(answerSrp(begun, clientId)).rejects.toEqual(wrong)
  })
})

it('a user of another provider is told to have no password here, by clients that do not hide users', async () => {
  const { poolId, clientId } = await makePool()
  const hiding = await makeClient(poolId, {
    ExplicitAuthFlows: [...flows],
    PreventUserExistenceErrors: 'ENABLED',
  })
  await makeUser(poolId, 'ana')
  await changeUser(poolId, 'ana', { status: 'EXTERNAL_PROVIDER', credential: undefined })
  const federated = refusal('NotAuthorizedException', 'User is not authorized to get auth details.')
  await expect(signIn(clientId, 'ana')).rejects.toEqual(federated)
  await expect(startSrp(poolId, clientId, 'ana')).rejects.toEqual(federated)
  const hidden = hiding.ClientId ?? ''
  const wrong = refusal('NotAuthorizedException', 'Incorrect username or password.')
  await expect(signIn(hidden, 'ana')).rejects.toEqual(wrong)
  await expect(answerSrp(await startSrp(poolId, hidden, 'ana'), hidden)).rejects.toEqual(wrong)
})

it('an answer misses the user name first, and takes it in any case where the pool does', async () => {
  for (const CaseSensitive of [true, false]) {
    const { poolId, clientId } = await makePool({ UsernameConfiguration: { CaseSensitive } })
    await region.client.send(
      new AdminCreateUserCommand({
        UserPoolId: poolId,
        Username: 'ana',
        TemporaryPassword: password,
        MessageAction: 'SUPPRESS',
      }),
    )
    const { Session } = await signIn(clientId, 'ana')
    const respond = (
      ChallengeName: 'NEW_PASSWORD_REQUIRED' | 'SMS_MFA' | 'CUSTOM_CHALLENGE',
      ChallengeResponses?: Record<string, string>,
    ) =>
      region.client.send(
        new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName, Session, ChallengeResponses }),
      )
    for (const challenge of ['NEW_PASSWORD_REQUIRED', 'SMS_MFA', 'CUSTOM_CHALLENGE'] as const)
      await expect(respond(challenge)).rejects.toEqual(
        refusal('InvalidParameterException', 'Missing required parameter USERNAME'),
      )
    const answered = respond('NEW_PASSWORD_REQUIRED', { USERNAME: 'Ana', NEW_PASSWORD: password })
    if (CaseSensitive)
      await expect(answered).rejects.toEqual(refusal('UserNotFoundException', 'User does not exist.'))
    else expect((await answered).AuthenticationResult?.AccessToken).toBeDefined()
  }
})

describe('a client', () => {
  it('gets the error of each flow that is not enabled for it', async () => {
    const { poolId, clientId } = await makePool({}, { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] })
    await makeUser(poolId, 'ana')
    const invalid = (message: string) => refusal('InvalidParameterException', message)
    await expect(signIn(clientId, 'ana')).rejects.toEqual(
      invalid('USER_PASSWORD_AUTH flow not enabled for this client'),
    )
    await expect(startSrp(poolId, clientId, 'ana')).rejects.toEqual(
      invalid('USER_SRP_AUTH is not enabled for the client.'),
    )
    const admin = new AdminInitiateAuthCommand({
      UserPoolId: poolId,
      ClientId: clientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ana', PASSWORD: password },
    })
    await expect(region.client.send(admin)).rejects.toEqual(invalid('Auth flow not enabled for this client'))
  })

  it('can leave out no parameter, and start no admin flow without credentials', async () => {
    const { poolId, clientId } = await makePool()
    const start = (
      AuthFlow: 'USER_SRP_AUTH' | 'USER_PASSWORD_AUTH' | 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: Record<string, string>,
    ) => region.client.send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow, AuthParameters }))
    for (const [flow, given, missing] of [
      ['USER_SRP_AUTH', {}, 'USERNAME'],
      ['USER_SRP_AUTH', { USERNAME: 'ana' }, 'SRP_A'],
      ['USER_PASSWORD_AUTH', { USERNAME: 'ana' }, 'PASSWORD'],
    ] as const)
      await expect(start(flow, given)).rejects.toEqual(
        refusal('InvalidParameterException', `Missing required parameter ${missing}`),
      )
    await expect(start('ADMIN_USER_PASSWORD_AUTH', { USERNAME: 'ana', PASSWORD: 'x' })).rejects.toEqual(
      refusal('InvalidParameterException', 'Initiate Auth method not supported.'),
    )
    await expect(start('USER_SRP_AUTH', { USERNAME: 'ana', SRP_A: '0' })).rejects.toEqual(
      refusal('InvalidParameterException', 'SRP_A is not valid.'),
    )
    expect(poolId).toBeDefined()
  })
})

it('a timestamp is signed in Amazon’s one form of it', async () => {
  const { poolId, clientId } = await makePool()
  await makeUser(poolId, 'ana')
  const answeredAt = async (timestamp: string) =>
    answerSrp(await startSrp(poolId, clientId, 'ana'), clientId, { timestamp })
  for (const good of ['Sat Sep 5 00:09:59 UTC 2026', 'Sun Feb 28 23:00:00 UTC 2027'])
    expect((await answeredAt(good)).AuthenticationResult).toBeDefined()
  for (const other of [
    'Sat Sep 05 00:09:59 UTC 2026',
    'Sun Sep 5 00:09:59 UTC 2026',
    'Sat Sep 5 0:09:59 UTC 2026',
    'Sat Sep 5 00:09:59 IST 2026',
  ])
    await expect(answeredAt(other)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Incorrect username or password.'),
    )
  region.pass(60_000)
  for (const malformed of ['now', '2026-09-05T00:09:59Z', 'Sam Sep 5 00:09:59 UTC 2026', 'Sat Sep 5 2026'])
    await expect(answeredAt(malformed)).rejects.toEqual(
      refusal(
        'InvalidParameterException',
        'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
      ),
    )
})

describe('a secret block', () => {
  it('that was changed, is of another client or has expired signs nobody in', async () => {
    const { poolId, clientId } = await makePool()
    const { UserPoolClient } = await region.client.send(
      new CreateUserPoolClientCommand({
        UserPoolId: poolId,
        ClientName: 'other',
        ExplicitAuthFlows: [...flows],
      }),
    )
    await makeUser(poolId, 'ana')
    const begun = await startSrp(poolId, clientId, 'ana')
    const block = Buffer.from(begun.parameters.SECRET_BLOCK ?? '', 'base64')
    block[40] = (block[40] ?? 0) ^ 1
    const invalid = refusal('NotAuthorizedException', 'Incorrect username or password.')
    await expect(answerSrp(begun, clientId, { secretBlock: block.toString('base64') })).rejects.toEqual(
      invalid,
    )
    await expect(answerSrp(begun, clientId, { secretBlock: 'bm90IG9uZQ==' })).rejects.toEqual(invalid)
    await expect(answerSrp(begun, UserPoolClient?.ClientId ?? '')).rejects.toEqual(invalid)
    expect((await answerSrp(begun, clientId)).AuthenticationResult).toBeDefined()
    region.pass(3 * 60_000)
    await expect(answerSrp(begun, clientId)).rejects.toEqual(
      refusal('NotAuthorizedException', 'Invalid session for the user, session is expired.'),
    )
  })
})
