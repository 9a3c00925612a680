// What provokes the errors of operations on users, sign-up and recovery that no shared rule gives.
import { required, tries } from './call.ts'
import type { Rows } from './rows.ts'
import { linkOf } from './user-requests.ts'
import { password, type World, wrong } from './world.ts'

const short = 'short'
export const verifiedEmail = (Value: string) => [
  { Name: 'email', Value },
  { Name: 'email_verified', Value: 'true' },
]
/** A pool in which e-mail addresses and preferred user names are aliases, and some are taken. */
export const aliasPool = (world: World) =>
  world.shared('aliases', async () => {
    const pool = await world.makePoolWith({
      AliasAttributes: ['email', 'preferred_username'],
      AutoVerifiedAttributes: ['email'],
    })
    for (const taken of ['taken', 'held'])
      await world.call('AdminCreateUser', {
        UserPoolId: pool.poolId,
        Username: `has-${taken}`,
        MessageAction: 'SUPPRESS',
        UserAttributes: [
          ...verifiedEmail(`${taken}@quarry.example`),
          { Name: 'preferred_username', Value: taken },
        ],
      })
    return pool
  })
/** A pool that remembers passwords, and a user of it. */
export const historyPool = async (world: World) => {
  const pool = await world.shared('history', () =>
    world.makePoolWith({
      AutoVerifiedAttributes: ['email'],
      Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 3 } },
    }),
  )
  return { ...pool, username: await world.makeUser(pool.poolId) }
}
/** A client with a secret, whose requests need a hash made with it. */
export const secretClient = async ({ poolId, makeClient }: World) => ({
  ClientId: await makeClient(poolId, { GenerateSecret: true }),
})
const awaited = async (world: World) => {
  const Username = await world.makeUser()
  await world.call('ForgotPassword', { ClientId: world.clientId, Username })
  const code = await world.codeOf(Username)
  return { ClientId: world.clientId, Username, ConfirmationCode: wrong(code), Password: `${password}2` }
}
const unconfirmed = async (world: World) => {
  const Username = await world.makeUnconfirmed()
  return { ClientId: world.clientId, Username, ConfirmationCode: wrong(await world.codeOf(Username)) }
}
const withoutCode = async ({ call, makePoolWith, newName }: World) => {
  const { clientId: ClientId } = await makePoolWith({ AutoVerifiedAttributes: [] })
  const Username = newName()
  await call('SignUp', { ClientId, Username, Password: password })
  return { ClientId, Username, ConfirmationCode: '000000' }
}
const linkedTo = async (world: World, count: number) => {
  const { UserPoolId, DestinationUser, SourceUser } = await linkOf(world)
  const source = (index: number) => ({ ...SourceUser, ProviderAttributeValue: `${world.newName()}-${index}` })
  const sources = Array.from({ length: count }, (_, index) => source(index))
  for (const SourceUser of sources)
    await world.call('AdminLinkProviderForUser', { UserPoolId, DestinationUser, SourceUser })
  return { UserPoolId, DestinationUser, SourceUser: required(sources[0]) }
}

/** A user of a pool without threat protection. */
const unprotected = {
  UserPoolAddOnNotEnabledException: {
    provoke: async <Request extends object>(
      { plain: { poolId }, makeUser }: World,
      request: Request,
    ): Promise<Request & { UserPoolId: string; Username: string }> => ({
      ...request,
      UserPoolId: poolId,
      Username: await makeUser(poolId),
    }),
  },
}

export const userCases: Rows = {
  AdminConfirmSignUp: {
    NotAuthorizedException: {
      provoke: async ({ makeUser }, request) => ({ ...request, Username: await makeUser() }),
    },
  },
  AdminCreateUser: {
    InvalidPasswordException: {
      provoke: async (_, request) => ({ ...request, TemporaryPassword: short }),
    },
    UnsupportedUserStateException: {
      provoke: async ({ poolId, makeUser }) => ({
        UserPoolId: poolId,
        Username: await makeUser(),
        MessageAction: 'RESEND',
      }),
    },
    UserNotFoundException: {
      provoke: async (_, request) => ({ ...request, Username: 'nobody-there', MessageAction: 'RESEND' }),
    },
    UsernameExistsException: {
      provoke: async ({ makeUser }, request) => ({ ...request, Username: await makeUser() }),
    },
  },
  AdminDisableProviderForUser: {
    UserNotFoundException: {
      provoke: async ({ poolId }) => ({
        UserPoolId: poolId,
        User: { ProviderName: 'Cognito', ProviderAttributeValue: 'nobody-there' },
      }),
    },
  },
  AdminLinkProviderForUser: {
    AliasExistsException: {
      provoke: async (world) => {
        const { UserPoolId, SourceUser } = await linkedTo(world, 1)
        return {
          UserPoolId,
          SourceUser,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: await world.makeUser() },
        }
      },
    },
    LimitExceededException: {
      provoke: async (world) => {
        const { SourceUser, ...link } = await linkedTo(world, 5)
        return { ...link, SourceUser: { ...SourceUser, ProviderAttributeValue: 'a sixth' } }
      },
    },
    UserNotFoundException: {
      provoke: async (_, request) => ({
        ...request,
        DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'nobody-there' },
      }),
    },
  },
  AdminListUserAuthEvents: unprotected,
  AdminResetUserPassword: {
    LimitExceededException: {
      provoke: async ({ call, poolId, makeUser }) => {
        const user = { UserPoolId: poolId, Username: await makeUser() }
        await tries(5, () => call('AdminResetUserPassword', user))
        return user
      },
    },
    NotAuthorizedException: {
      provoke: async ({ call, poolId, newName }) => {
        const user = { UserPoolId: poolId, Username: newName() }
        const UserAttributes = verifiedEmail(`${user.Username}@quarry.example`)
        await call('AdminCreateUser', {
          ...user,
          MessageAction: 'SUPPRESS',
          TemporaryPassword: password,
          UserAttributes,
        })
        return user
      },
    },
  },
  AdminSetUserPassword: {
    InvalidPasswordException: { provoke: async (_, request) => ({ ...request, Password: short }) },
    PasswordHistoryPolicyViolationException: {
      provoke: async (world) => {
        const { poolId, username } = await historyPool(world)
        return { UserPoolId: poolId, Username: username, Password: password, Permanent: true }
      },
    },
  },
  AdminUpdateAuthEventFeedback: unprotected,
  AdminUpdateUserAttributes: {
    AliasExistsException: {
      provoke: async (world) => {
        const { poolId } = await aliasPool(world)
        const Username = await world.makeUser(poolId)
        return { UserPoolId: poolId, Username, UserAttributes: verifiedEmail('taken@quarry.example') }
      },
    },
  },
  ConfirmForgotPassword: {
    CodeMismatchException: { provoke: awaited },
    ExpiredCodeException: {
      provoke: async ({ makeUser }, request) => ({ ...request, Username: await makeUser() }),
    },
    InvalidPasswordException: { provoke: async (_, request) => ({ ...request, Password: short }) },
    LimitExceededException: {
      provoke: async (world) => {
        const request = await awaited(world)
        await tries(5, () => world.call('ConfirmForgotPassword', request))
        return request
      },
    },
    NotAuthorizedException: {
      provoke: async (world, request) => ({ ...request, ...(await secretClient(world)) }),
    },
    PasswordHistoryPolicyViolationException: {
      provoke: async (world) => {
        const { poolId, clientId, username } = await historyPool(world)
        const user = { ClientId: clientId, Username: username }
        await world.call('ForgotPassword', user)
        return { ...user, ConfirmationCode: await world.codeOf(username, poolId), Password: password }
      },
    },
    UserNotFoundException: {
      provoke: async (_, request) => ({ ...request, Username: 'nobody-there' }),
    },
  },
  ConfirmSignUp: {
    AliasExistsException: {
      provoke: async (world) => {
        const { poolId, clientId } = await aliasPool(world)
        const Username = world.newName()
        const UserAttributes = [{ Name: 'email', Value: 'taken@quarry.example' }]
        await world.call('SignUp', { ClientId: clientId, Username, Password: password, UserAttributes })
        const ConfirmationCode = await world.codeOf('taken', poolId)
        return { ClientId: clientId, Username, ConfirmationCode }
      },
    },
    CodeMismatchException: { provoke: unconfirmed },
    ExpiredCodeException: { provoke: withoutCode },
    LimitExceededException: {
      provoke: async (world) => {
        const request = await unconfirmed(world)
        await tries(5, () => world.call('ConfirmSignUp', request))
        return request
      },
    },
    NotAuthorizedException: {
      provoke: async ({ makeUser }, request) => ({ ...request, Username: await makeUser() }),
    },
  },
  CreateGroup: {
    LimitExceededException: {
      elsewhere: 'test/guarantees/operations-failures.test.ts',
      because: 'as many as a pool can have take too long to make',
    },
    GroupExistsException: {
      provoke: async ({ call, newName }, request) => {
        const group = { ...request, GroupName: newName() }
        await call('CreateGroup', group)
        return group
      },
    },
  },
  ForgotPassword: {
    LimitExceededException: {
      provoke: async ({ call, clientId, makeUser }) => {
        const user = { ClientId: clientId, Username: await makeUser() }
        await tries(5, () => call('ForgotPassword', user))
        return user
      },
    },
    NotAuthorizedException: {
      provoke: async (world, request) => ({ ...request, ...(await secretClient(world)) }),
    },
  },
  ResendConfirmationCode: {
    LimitExceededException: {
      provoke: async ({ call, clientId, makeUnconfirmed }) => {
        const user = { ClientId: clientId, Username: await makeUnconfirmed() }
        await tries(5, () => call('ResendConfirmationCode', user))
        return user
      },
    },
    NotAuthorizedException: {
      provoke: async (world, request) => ({ ...request, ...(await secretClient(world)) }),
    },
  },
  SignUp: {
    InvalidPasswordException: { provoke: async (_, request) => ({ ...request, Password: short }) },
    NotAuthorizedException: {
      provoke: async (world, request) => ({ ...request, ...(await secretClient(world)) }),
    },
    UsernameExistsException: {
      provoke: async ({ makeUser }, request) => ({ ...request, Username: await makeUser() }),
    },
  },
  UpdateAuthEventFeedback: {
    ...unprotected,
    NotAuthorizedException: { provoke: async (_, request) => ({ ...request, FeedbackToken: 'none' }) },
  },
}
