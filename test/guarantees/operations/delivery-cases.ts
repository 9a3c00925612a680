// What provokes CodeDeliveryFailureException: text messages, which nobody takes in the Regions of the walk.
import { refusalOf } from './call.ts'
import type { Rows } from './rows.ts'
import { password, type World } from './world.ts'

const number = { Name: 'phone_number', Value: '+15550109876' }

const phonePool = ({ makePoolWith, shared }: World) =>
  shared('telephones', () =>
    makePoolWith({
      AutoVerifiedAttributes: ['phone_number'],
      SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/service-role/sms' },
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_phone_number', Priority: 1 }] },
    }),
  )
/** A confirmed user who is reached by telephone only. */
const withTelephone = async (world: World) => {
  const { poolId, clientId } = await phonePool(world)
  const user = { UserPoolId: poolId, Username: world.newName() }
  await world.call('AdminCreateUser', {
    ...user,
    MessageAction: 'SUPPRESS',
    UserAttributes: [number, { Name: 'phone_number_verified', Value: 'true' }],
  })
  await world.call('AdminSetUserPassword', { ...user, Password: password, Permanent: true })
  return { ...user, ClientId: clientId }
}
const tokenOf = async (world: World) => {
  const { Username, ClientId } = await withTelephone(world)
  return { AccessToken: (await world.signIn(Username, ClientId)).accessToken }
}
const signUpOf = async (world: World) => ({
  ClientId: (await phonePool(world)).clientId,
  Username: world.newName(),
  Password: password,
  UserAttributes: [number],
})

export const deliveryCases: Rows = {
  AdminCreateUser: {
    CodeDeliveryFailureException: {
      provoke: async (world) => ({
        UserPoolId: (await phonePool(world)).poolId,
        Username: world.newName(),
        DesiredDeliveryMediums: ['SMS'],
        UserAttributes: [number],
      }),
    },
  },
  ForgotPassword: {
    CodeDeliveryFailureException: {
      provoke: async (world) => {
        const { ClientId, Username } = await withTelephone(world)
        return { ClientId, Username }
      },
    },
  },
  GetUserAttributeVerificationCode: {
    CodeDeliveryFailureException: {
      provoke: async (world) => ({ ...(await tokenOf(world)), AttributeName: 'phone_number' }),
    },
  },
  ResendConfirmationCode: {
    CodeDeliveryFailureException: {
      provoke: async (world) => {
        const { ClientId, Username, ...rest } = await signUpOf(world)
        await refusalOf(world.call('SignUp', { ClientId, Username, ...rest }))
        return { ClientId, Username }
      },
    },
  },
  SignUp: { CodeDeliveryFailureException: { provoke: signUpOf } },
  UpdateUserAttributes: {
    CodeDeliveryFailureException: {
      provoke: async (world) => ({
        ...(await tokenOf(world)),
        UserAttributes: [{ Name: 'phone_number', Value: '+15550109877' }],
      }),
    },
  },
}
