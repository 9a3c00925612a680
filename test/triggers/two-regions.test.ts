// Triggers with a replica: each Region has its own, run here from a folder of functions.
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  DescribeUserPoolCommand,
  InitiateAuthCommand,
  type LambdaConfigType,
  RespondToAuthChallengeCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeFunctionsFolder } from '../support/functions-folder.ts'
import { functionArn } from '../support/lambda-endpoint.ts'
import { eventually, startRegions } from '../support/regions.ts'
import {
  makeActiveReplica,
  makeMultiRegionKey,
  makePool,
  primaryRegion,
  secondaryRegion,
} from '../support/replicated-pool.ts'
import { claimsOf, password } from '../support/trigger-pool.ts'

const folder = makeFunctionsFolder()
let regions: Awaited<ReturnType<typeof startRegions>>
let poolId = ''
let clientId = ''

const triggersOf = (region: string): LambdaConfigType => ({
  DefineAuthChallenge: functionArn('define', region),
  CreateAuthChallenge: functionArn('create', region),
  VerifyAuthChallengeResponse: functionArn('verify', region),
  PreTokenGeneration: functionArn('tokens', region),
})
/** A function that answers with these members of `response`, computed from `event`. */
const answering = (response: string): string =>
  `export const handler = async (event) => ({ ...event, response: ${response} })`

beforeAll(async () => {
  folder.write(
    'define',
    answering(`event.request.session.length === 0
      ? { challengeName: 'CUSTOM_CHALLENGE' }
      : event.request.session[0].challengeResult ? { issueTokens: true } : { failAuthentication: true }`),
  )
  folder.write(
    'create',
    answering(
      `{ publicChallengeParameters: { asked: event.region }, privateChallengeParameters: { answer: 'blue' } }`,
    ),
  )
  folder.write(
    'verify',
    answering(
      '{ answerCorrect: event.request.challengeAnswer === event.request.privateChallengeParameters.answer }',
    ),
  )
  folder.write(
    'tokens',
    answering('{ claimsOverrideDetails: { claimsToAddOrOverride: { made: event.region } } }'),
  )
  folder.write(
    'migrate',
    `export const handler = async (event) => {
      if (event.request.password !== 'from elsewhere') throw new Error('Bad password')
      return { ...event, response: { userAttributes: { email: 'old@example.com' }, finalUserStatus: 'CONFIRMED' } }
    }`,
  )
  regions = await startRegions([primaryRegion, secondaryRegion], { lambda: { functionsFolder: folder.path } })
  const primary = regions.cognito(primaryRegion)
  poolId = await makePool(regions, await makeMultiRegionKey(regions), {
    LambdaConfig: triggersOf(primaryRegion),
  })
  const { UserPoolClient } = await primary.send(
    new CreateUserPoolClientCommand({
      UserPoolId: poolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  clientId = UserPoolClient?.ClientId ?? ''
  await primary.send(
    new AdminCreateUserCommand({ UserPoolId: poolId, Username: 'ana', MessageAction: 'SUPPRESS' }),
  )
  await primary.send(
    new AdminSetUserPasswordCommand({
      UserPoolId: poolId,
      Username: 'ana',
      Password: password,
      Permanent: true,
    }),
  )
  await makeActiveReplica(regions, poolId)
  await eventually(
    () =>
      regions
        .cognito(secondaryRegion)
        .send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
        .then(
          ({ UserStatus }) => UserStatus,
          () => undefined,
        ),
    (status) => status === 'CONFIRMED',
  )
}, 60_000)
afterAll(async () => {
  await regions.close()
  folder.remove()
})

const start = (
  region: string,
  AuthFlow: 'CUSTOM_AUTH' | 'USER_PASSWORD_AUTH',
  USERNAME: string,
  PASSWORD = password,
) =>
  regions.cognito(region).send(
    new InitiateAuthCommand({
      ClientId: clientId,
      AuthFlow,
      AuthParameters: AuthFlow === 'CUSTOM_AUTH' ? { USERNAME } : { USERNAME, PASSWORD },
    }),
  )
const answer = (region: string, Session: string | undefined) =>
  regions.cognito(region).send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'CUSTOM_CHALLENGE',
      Session,
      ChallengeResponses: { USERNAME: 'ana', ANSWER: 'blue' },
    }),
  )
const setTriggers = (region: string, LambdaConfig: LambdaConfigType) =>
  regions.cognito(region).send(new UpdateUserPoolCommand({ UserPoolId: poolId, LambdaConfig }))

it('a replica has no triggers until it is given some, and they are its own', async () => {
  const { AuthenticationResult: before } = await start(secondaryRegion, 'USER_PASSWORD_AUTH', 'ana')
  expect(claimsOf(before?.IdToken)).not.toHaveProperty('made')
  await expect(start(secondaryRegion, 'CUSTOM_AUTH', 'ana')).rejects.toMatchObject({
    message: 'Custom auth lambda trigger is not configured for the user pool.',
  })

  await setTriggers(secondaryRegion, triggersOf(secondaryRegion))
  for (const region of [primaryRegion, secondaryRegion]) {
    const { AuthenticationResult } = await start(region, 'USER_PASSWORD_AUTH', 'ana')
    expect(claimsOf(AuthenticationResult?.IdToken).made).toBe(region)
    const { UserPool } = await regions
      .cognito(region)
      .send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
    expect(UserPool?.LambdaConfig?.DefineAuthChallenge).toBe(functionArn('define', region))
  }
})

it('a user whom a secondary’s function lets in can’t be kept there: the primary is named; a wrong password is just wrong', async () => {
  await setTriggers(secondaryRegion, {
    ...triggersOf(secondaryRegion),
    UserMigration: functionArn('migrate', secondaryRegion),
  })
  await expect(start(secondaryRegion, 'USER_PASSWORD_AUTH', 'old', 'from elsewhere')).rejects.toMatchObject({
    name: 'OperationNotEnabledException',
    message: expect.stringMatching(/needs the user to be migrated.*us-east-1/) as string,
  })
  await expect(start(secondaryRegion, 'USER_PASSWORD_AUTH', 'old', 'guess')).rejects.toMatchObject({
    name: 'UserNotFoundException',
  })
})

it('a custom sign-in that one Region began is finished by the other with the first one dead', async () => {
  await setTriggers(secondaryRegion, triggersOf(secondaryRegion))
  const asked = await start(primaryRegion, 'CUSTOM_AUTH', 'ana')
  expect(asked.ChallengeParameters?.asked).toBe(primaryRegion)
  await regions.stop(primaryRegion)
  const { AuthenticationResult } = await answer(secondaryRegion, asked.Session)
  expect(claimsOf(AuthenticationResult?.IdToken)).toMatchObject({
    made: secondaryRegion,
    'cognito:username': 'ana',
  })
  const again = await start(secondaryRegion, 'CUSTOM_AUTH', 'ana')
  expect((await answer(secondaryRegion, again.Session)).AuthenticationResult).toBeDefined()
})
