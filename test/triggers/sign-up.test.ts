// Functions that take part in sign-up, confirmation and recovery, over the Invoke API.
import {
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { lastMessage } from '../support/region-inbox.ts'
import { startRegions } from '../support/regions.ts'
import { makeTriggerPool, makeUser, password, signIn, type TriggerPool } from '../support/trigger-pool.ts'

let lambda: LambdaEndpoint
let regions: Awaited<ReturnType<typeof startRegions>>
let pool: TriggerPool
const cognito = () => regions.cognito('us-east-1')
const named = (...names: string[]) => Object.fromEntries(names.map((name) => [name, functionArn(name)]))

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions(['us-east-1'], { lambda: { endpoint: lambda.origin } })
  pool = await makeTriggerPool(
    cognito(),
    { ...named('PostConfirmation', 'CustomMessage'), PreSignUp: `${functionArn('PreSignUp')}:live` },
    { AliasAttributes: ['email'] },
  )
})
afterAll(async () => {
  await regions.close()
  await lambda.close()
})
beforeEach(() => {
  for (const name of ['PreSignUp', 'PostConfirmation']) lambda.define(name, (event) => event)
  // The code that a message carries, where the test can see it.
  lambda.define('CustomMessage', (event) => ({
    ...event,
    response: { emailMessage: `own text {####} {username}`, emailSubject: 'own subject' },
  }))
  lambda.clear()
})

const signUp = (Username: string, attributes: Record<string, string> = {}) =>
  cognito().send(
    new SignUpCommand({
      ClientId: pool.clientId,
      Username,
      Password: password,
      UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
      ValidationData: [{ Name: 'from', Value: 'the test' }],
      ClientMetadata: { source: 'app' },
    }),
  )
const shownUser = (Username: string) =>
  cognito().send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username }))
const attributesOf = async (name: string) =>
  Object.fromEntries(((await shownUser(name)).UserAttributes ?? []).map(({ Name, Value }) => [Name, Value]))
const messageTo = (destination: string) => lastMessage(regions, pool.poolId, destination)
const codeSentTo = async (destination: string) => (await messageTo(destination)).code

describe('PreSignUp', () => {
  it('gets the whole event, with the alias of the function and what the client sent along', async () => {
    const { UserSub } = await signUp('ada', { email: 'ada@example.com' })
    const [call] = lambda.callsOf('PreSignUp_SignUp')
    expect(call?.qualifier).toBe('live')
    expect(call?.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/us-east-1\/lambda\/aws4_request/)
    expect(call?.event).toEqual({
      version: '1',
      triggerSource: 'PreSignUp_SignUp',
      region: 'us-east-1',
      userPoolId: pool.poolId,
      userName: 'ada',
      callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: pool.clientId },
      request: {
        userAttributes: { email: 'ada@example.com' },
        validationData: { from: 'the test' },
        clientMetadata: { source: 'app' },
      },
      response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
    })
    expect(UserSub).toBeDefined()
    expect((await shownUser('ada')).UserStatus).toBe('UNCONFIRMED')
  })

  it('confirms and verifies a user, who is then told of to PostConfirmation and gets no code', async () => {
    lambda.define('PreSignUp', (event) => ({
      ...event,
      response: { autoConfirmUser: true, autoVerifyEmail: true },
    }))
    const { UserConfirmed, CodeDeliveryDetails } = await signUp('bo', { email: 'bo@example.com' })
    expect(UserConfirmed).toBe(true)
    expect(CodeDeliveryDetails).toBeUndefined()
    expect((await attributesOf('bo')).email_verified).toBe('true')
    expect(lambda.callsOf('CustomMessage_SignUp')).toEqual([])
    const [told] = lambda.callsOf('PostConfirmation_ConfirmSignUp')
    expect(told?.event.request).toMatchObject({
      userAttributes: { email: 'bo@example.com', email_verified: 'true', 'cognito:user_status': 'CONFIRMED' },
      clientMetadata: { source: 'app' },
    })
  })

  it('moves an alias to the new user when it verifies an address that another user had', async () => {
    lambda.define('PreSignUp', (event) => ({
      ...event,
      response: { autoConfirmUser: true, autoVerifyEmail: true },
    }))
    await signUp('first', { email: 'shared@example.com' })
    await signUp('second', { email: 'shared@example.com' })
    expect((await attributesOf('first')).email_verified).toBe('false')
    expect((await shownUser('shared@example.com')).Username).toBe('second')
  })

  it('refuses a sign-up with its own words, and nothing is stored', async () => {
    lambda.define('PreSignUp', () => {
      throw new Error('Only members may join')
    })
    await expect(signUp('cy')).rejects.toMatchObject({
      name: 'UserLambdaValidationException',
      message: 'PreSignUp failed with error Only members may join.',
    })
    await expect(shownUser('cy')).rejects.toMatchObject({ name: 'UserNotFoundException' })
  })

  it('cannot verify an address that is not there', async () => {
    lambda.define('PreSignUp', (event) => ({ ...event, response: { autoVerifyPhone: true } }))
    await expect(signUp('dee')).rejects.toMatchObject({ name: 'InvalidLambdaResponseException' })
  })

  it('of an administrator’s user can refuse, and its confirmations are ignored', async () => {
    const create = (Username: string) =>
      cognito().send(
        new AdminCreateUserCommand({
          UserPoolId: pool.poolId,
          Username,
          MessageAction: 'SUPPRESS',
          ValidationData: [{ Name: 'by', Value: 'hand' }],
          ClientMetadata: { source: 'console' },
        }),
      )
    lambda.define('PreSignUp', (event) => ({ ...event, response: { autoConfirmUser: true } }))
    const { User } = await create('ed')
    expect(User?.UserStatus).toBe('FORCE_CHANGE_PASSWORD')
    const [call] = lambda.callsOf('PreSignUp_AdminCreateUser')
    expect(call?.event.callerContext.clientId).toBe('CLIENT_ID_NOT_APPLICABLE')
    expect(call?.event.request).toMatchObject({
      validationData: { by: 'hand' },
      clientMetadata: { source: 'console' },
    })
    lambda.define('PreSignUp', () => {
      throw new Error('no')
    })
    await expect(create('fay')).rejects.toMatchObject({ name: 'UserLambdaValidationException' })
  })
})

describe('an answer', () => {
  it.each([
    ['null', 'Unrecognizable lambda output'],
    ['[]', 'Unrecognizable lambda output'],
    ['{}', 'Unrecognizable lambda output'],
    ['{"response":{"autoConfirmUser":"perhaps"}}', 'Unrecognizable lambda output'],
    ['not JSON', 'Invalid lambda function output : Invalid JSON'],
  ])('of another form is InvalidLambdaResponseException: %s', async (text, message) => {
    lambda.answerWith('PreSignUp', { text })
    await expect(signUp('gil')).rejects.toMatchObject({ name: 'InvalidLambdaResponseException', message })
  })

  it('that says AWS refuses the call is UnexpectedLambdaException, after one attempt', async () => {
    lambda.answerWith('PreSignUp', { status: 403, errorType: 'AccessDeniedException' })
    await expect(signUp('gil')).rejects.toMatchObject({
      name: 'UnexpectedLambdaException',
      message: 'PreSignUp invocation failed due to error AccessDeniedException.',
    })
    expect(lambda.calls).toHaveLength(1)
  })

  it('that says Lambda has trouble is asked for three times', async () => {
    lambda.answerWith('PreSignUp', { status: 500, errorType: 'ServiceException' })
    await expect(signUp('gil')).rejects.toMatchObject({ name: 'UnexpectedLambdaException' })
    expect(lambda.calls).toHaveLength(3)
  })
})

describe('PostConfirmation', () => {
  it('hears of a confirmed sign-up, of an administrator’s confirmation and of a password that was reset', async () => {
    await signUp('hal', { email: 'hal@example.com' })
    await cognito().send(
      new ConfirmSignUpCommand({
        ClientId: pool.clientId,
        Username: 'hal',
        ConfirmationCode: await codeSentTo('hal@example.com'),
        ClientMetadata: { step: 'confirm' },
      }),
    )
    const [confirmed] = lambda.callsOf('PostConfirmation_ConfirmSignUp')
    expect(confirmed?.event).toMatchObject({
      userName: 'hal',
      request: { userAttributes: { email_verified: 'true' }, clientMetadata: { step: 'confirm' } },
    })

    await signUp('ida', {})
    await cognito().send(new AdminConfirmSignUpCommand({ UserPoolId: pool.poolId, Username: 'ida' }))
    expect(lambda.callsOf('PostConfirmation_ConfirmSignUp')[1]?.event.userName).toBe('ida')

    await cognito().send(new ForgotPasswordCommand({ ClientId: pool.clientId, Username: 'hal' }))
    await cognito().send(
      new ConfirmForgotPasswordCommand({
        ClientId: pool.clientId,
        Username: 'hal',
        Password: 'Another-Password-2',
        ConfirmationCode: await codeSentTo('hal@example.com'),
        ClientMetadata: { step: 'reset' },
      }),
    )
    const [reset] = lambda.callsOf('PostConfirmation_ConfirmForgotPassword')
    expect(reset?.event.request).toMatchObject({ clientMetadata: { step: 'reset' } })
  })

  it('that fails is the caller’s to hear of, but the user is confirmed', async () => {
    await signUp('jo', { email: 'jo@example.com' })
    lambda.define('PostConfirmation', () => {
      throw new Error('the mailing list is full')
    })
    await expect(
      cognito().send(
        new ConfirmSignUpCommand({
          ClientId: pool.clientId,
          Username: 'jo',
          ConfirmationCode: await codeSentTo('jo@example.com'),
        }),
      ),
    ).rejects.toMatchObject({ message: 'PostConfirmation failed with error the mailing list is full.' })
    expect((await shownUser('jo')).UserStatus).toBe('CONFIRMED')
    await signIn(cognito(), pool, 'jo')
  })
})

describe('CustomMessage', () => {
  it('words the message, with its placeholders filled in', async () => {
    await signUp('kim', { email: 'kim@example.com' })
    const message = await messageTo('kim@example.com')
    expect(message).toMatchObject({ subject: 'own subject', body: `own text ${message.code} kim` })
    expect(lambda.callsOf('CustomMessage_SignUp')[0]?.event.request).toMatchObject({
      userAttributes: { email: 'kim@example.com', 'cognito:user_status': 'UNCONFIRMED' },
      codeParameter: '{####}',
      usernameParameter: null,
      clientMetadata: { source: 'app' },
    })
  })

  it('without the placeholder for the code is refused', async () => {
    lambda.define('CustomMessage', (event) => ({ ...event, response: { emailMessage: 'no code' } }))
    await expect(signUp('lee', { email: 'lee@example.com' })).rejects.toMatchObject({
      name: 'InvalidLambdaResponseException',
    })
  })

  it('that changes nothing leaves the pool’s own texts', async () => {
    lambda.define('CustomMessage', (event) => event)
    await makeUser(cognito(), pool, 'mo')
    await cognito().send(new ForgotPasswordCommand({ ClientId: pool.clientId, Username: 'mo' }))
    const message = await messageTo('mo@example.com')
    expect(message.body).toContain(message.code)
    expect(lambda.callsOf('CustomMessage_ForgotPassword')).toHaveLength(1)
  })

  it('of an invitation must show user name and temporary password', async () => {
    const invite = (Username: string) =>
      cognito().send(
        new AdminCreateUserCommand({
          UserPoolId: pool.poolId,
          Username,
          UserAttributes: [{ Name: 'email', Value: `${Username}@example.com` }],
          DesiredDeliveryMediums: ['EMAIL'],
        }),
      )
    await invite('nan')
    expect(lambda.callsOf('CustomMessage_AdminCreateUser')[0]?.event.request.usernameParameter).toBe(
      '{username}',
    )
    lambda.define('CustomMessage', (event) => ({ ...event, response: { emailMessage: 'only {####}' } }))
    await expect(invite('ola')).rejects.toMatchObject({ name: 'InvalidLambdaResponseException' })
  })
})
