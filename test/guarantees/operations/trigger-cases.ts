// What provokes the errors of Lambda triggers: for each operation that calls one, a request that sets it off, in a pool whose function for
// it fails, answers what is no event, or is not there.
import type { Input } from '../../../src/directory/operation.ts'
import { functionArn } from '../../support/lambda-endpoint.ts'

import type { WalkedName } from './requests.ts'
import type { Row, Rows } from './rows.ts'
import { askedNewPassword } from './user-requests.ts'
import { password, type World } from './world.ts'

type Trigger = 'PreSignUp' | 'PostConfirmation' | 'PreAuthentication' | 'PreTokenGeneration' | 'CustomMessage'

const inPool = async ({ poolId, makeUser }: World) => ({
  UserPoolId: poolId,
  Username: await makeUser(poolId),
})
const atClient = async ({ poolId, clientId, makeUser }: World) => ({
  ClientId: clientId,
  Username: await makeUser(poolId),
})
const signedIn = async ({ poolId, clientId, makeUser, signIn }: World) =>
  signIn(await makeUser(poolId), clientId)
const newEmail = [{ Name: 'email', Value: 'new@quarry.example' }]

type Setting = {
  readonly [Name in WalkedName]?: readonly [trigger: Trigger, prepare: (world: World) => Promise<Input<Name>>]
}

/** The world that `prepare` gets has the pool in which the trigger will be set. */
const settingOff = {
  AdminConfirmSignUp: [
    'PostConfirmation',
    async ({ poolId, clientId, makeUnconfirmed }) => ({
      UserPoolId: poolId,
      Username: await makeUnconfirmed(clientId),
    }),
  ],
  AdminCreateUser: [
    'PreSignUp',
    async ({ poolId, newName }) => ({ UserPoolId: poolId, Username: newName() }),
  ],
  AdminInitiateAuth: [
    'PreAuthentication',
    async ({ poolId, clientId, makeUser }) => ({
      UserPoolId: poolId,
      ClientId: clientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: await makeUser(poolId), PASSWORD: password },
    }),
  ],
  AdminResetUserPassword: ['CustomMessage', inPool],
  AdminRespondToAuthChallenge: [
    'PreTokenGeneration',
    async (world) => ({ UserPoolId: world.poolId, ...(await askedNewPassword(world)) }),
  ],
  AdminUpdateUserAttributes: [
    'CustomMessage',
    async (world) => ({ ...(await inPool(world)), UserAttributes: newEmail }),
  ],
  ConfirmForgotPassword: [
    'PostConfirmation',
    async (world) => {
      const user = await atClient(world)
      await world.call('ForgotPassword', user)
      const ConfirmationCode = await world.codeOf(user.Username, world.poolId)
      return { ...user, ConfirmationCode, Password: `${password}2` }
    },
  ],
  ConfirmSignUp: [
    'PostConfirmation',
    async ({ poolId, clientId, makeUnconfirmed, codeOf }) => {
      const Username = await makeUnconfirmed(clientId)
      return { ClientId: clientId, Username, ConfirmationCode: await codeOf(Username, poolId) }
    },
  ],
  ForgotPassword: ['CustomMessage', atClient],
  GetTokensFromRefreshToken: [
    'PreTokenGeneration',
    async (world) => ({
      ClientId: world.clientId,
      RefreshToken: (await signedIn(world)).refreshToken,
    }),
  ],
  GetUserAttributeVerificationCode: [
    'CustomMessage',
    async (world) => ({ AccessToken: (await signedIn(world)).accessToken, AttributeName: 'email' }),
  ],
  InitiateAuth: [
    'PreAuthentication',
    async ({ poolId, clientId, makeUser }) => ({
      ClientId: clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: await makeUser(poolId), PASSWORD: password },
    }),
  ],
  ResendConfirmationCode: [
    'CustomMessage',
    async ({ clientId, makeUnconfirmed }) => ({
      ClientId: clientId,
      Username: await makeUnconfirmed(clientId),
    }),
  ],
  RespondToAuthChallenge: ['PreTokenGeneration', askedNewPassword],
  SignUp: [
    'PreSignUp',
    async ({ clientId, newName }) => ({
      ClientId: clientId,
      Username: newName(),
      Password: password,
      UserAttributes: [{ Name: 'email', Value: 'someone@quarry.example' }],
    }),
  ],
  UpdateUserAttributes: [
    'CustomMessage',
    async (world) => ({ AccessToken: (await signedIn(world)).accessToken, UserAttributes: newEmail }),
  ],
} as const satisfies Setting

/** The function that each error comes from; one of the three is not there. */
const functionOf = {
  UserLambdaValidationException: 'fails',
  InvalidLambdaResponseException: 'garbles',
  UnexpectedLambdaException: 'is-not-there',
} as const

/** Every trigger that an operation above sets off. */
const triggers = [...new Set(Object.values(settingOff).map(([trigger]) => trigger))]

/** The requests of all operations in one pool, whose triggers are this function from then on. */
const armed = (world: World, functionName: string): Promise<Readonly<Record<string, unknown>>> =>
  world.shared(`triggers: ${functionName}`, async () => {
    world.functions.write('fails', `export const handler = async () => { throw new Error('no') }`)
    world.functions.write('garbles', `export const handler = async () => 'no event'`)
    const pool = await world.makePoolWith({ AutoVerifiedAttributes: ['email'] })
    const inputs = await Promise.all(
      Object.entries(settingOff).map(
        async ([operation, [, prepare]]) => [operation, await prepare({ ...world, ...pool })] as const,
      ),
    )
    await world.call('UpdateUserPool', {
      UserPoolId: pool.poolId,
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: Object.fromEntries(triggers.map((trigger) => [trigger, functionArn(functionName)])),
    })
    return Object.fromEntries(inputs)
  })

const rowFor = (operation: string, functionName: string): Row<never> => ({
  provoke: async (world: World) => (await armed(world, functionName))[operation] as never,
})

export const triggerCases = Object.fromEntries(
  Object.keys(settingOff).map((operation) => [
    operation,
    Object.fromEntries(Object.entries(functionOf).map(([error, name]) => [error, rowFor(operation, name)])),
  ]),
) as Rows
