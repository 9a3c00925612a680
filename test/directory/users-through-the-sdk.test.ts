// The life of users and groups through the AWS SDK's own client, against a Region in the test's process.
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  AliasExistsException,
  CodeMismatchException,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  GroupExistsException,
  InvalidParameterException,
  InvalidPasswordException,
  ListUsersCommand,
  paginateListUsers,
  paginateListUsersInGroup,
  SignUpCommand,
  UserNotFoundException,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routerTokenOf } from '../../src/region/deployment-secrets.ts'
import { startRegions } from '../support/regions.ts'

let regions: Awaited<ReturnType<typeof startRegions>>
let admin: CognitoIdentityProviderClient
let visitor: CognitoIdentityProviderClient
let UserPoolId: string
let ClientId: string

beforeAll(async () => {
  regions = await startRegions(['us-east-1'])
  admin = regions.cognito('us-east-1')
  // Users have no AWS credentials: what they call is sent without a signature.
  visitor = new CognitoIdentityProviderClient({
    region: 'us-east-1',
    endpoint: regions.origins['us-east-1'],
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'none' },
    maxAttempts: 1,
  })
  const { UserPool } = await admin.send(
    new CreateUserPoolCommand({
      PoolName: 'people',
      AliasAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
    }),
  )
  UserPoolId = UserPool?.Id ?? ''
  const made = await admin.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app' }))
  ClientId = made.UserPoolClient?.ClientId ?? ''
}, 30_000)
afterAll(async () => {
  admin.destroy()
  visitor.destroy()
  await regions.close()
})

/** The last code that was sent to an address, from the Region's development inbox. */
const codeSentTo = async (destination: string): Promise<string> => {
  const answer = await fetch(
    `${regions.origins['us-east-1']}/_twinpool/inbox?destination=${encodeURIComponent(destination)}`,
    { headers: { authorization: `Bearer ${routerTokenOf(regions.deploymentSecret)}` } },
  )
  expect(answer.status).toBe(200)
  const messages = (await answer.json()) as readonly { readonly code?: string }[]
  return messages.at(-1)?.code ?? ''
}

const create = (Username: string, email?: string) =>
  admin.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username,
      MessageAction: 'SUPPRESS',
      UserAttributes:
        email === undefined
          ? []
          : [
              { Name: 'email', Value: email },
              { Name: 'email_verified', Value: 'true' },
            ],
    }),
  )
const read = (Username: string) => admin.send(new AdminGetUserCommand({ UserPoolId, Username }))

describe('through the AWS SDK', () => {
  it('an administrator makes a user and gives them a password', async () => {
    const { User } = await create('ann', 'ann@x.example')
    expect(User?.UserCreateDate).toBeInstanceOf(Date)
    expect(User?.UserStatus).toBe('FORCE_CHANGE_PASSWORD')
    const Password = 'Perm-pass1'
    await admin.send(
      new AdminSetUserPasswordCommand({ UserPoolId, Username: 'ann', Password, Permanent: true }),
    )
    expect(await read('ann@x.example')).toMatchObject({ Username: 'ann', UserStatus: 'CONFIRMED' })
  })

  it('errors arrive as the SDK’s own exceptions', async () => {
    await create('bob')
    await expect(create('bob')).rejects.toBeInstanceOf(UsernameExistsException)
    await expect(read('nobody')).rejects.toBeInstanceOf(UserNotFoundException)
    const weak = { UserPoolId, Username: 'bob', Password: 'weak' }
    await expect(admin.send(new AdminSetUserPasswordCommand(weak))).rejects.toBeInstanceOf(
      InvalidPasswordException,
    )
    const taking = {
      UserPoolId,
      Username: 'bob',
      UserAttributes: [
        { Name: 'email', Value: 'ann@x.example' },
        { Name: 'email_verified', Value: 'true' },
      ],
    }
    await expect(admin.send(new AdminUpdateUserAttributesCommand(taking))).rejects.toBeInstanceOf(
      AliasExistsException,
    )
    const Filter = 'custom:tier = "gold"'
    await expect(admin.send(new ListUsersCommand({ UserPoolId, Filter }))).rejects.toBeInstanceOf(
      InvalidParameterException,
    )
  })

  it('of twenty requests for one name at one moment, one makes the user', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => create('racer')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(UsernameExistsException)
  })

  it('a user signs up and confirms with the code from the inbox', async () => {
    const signed = await visitor.send(
      new SignUpCommand({
        ClientId,
        Username: 'cat',
        Password: 'Perm-pass1',
        UserAttributes: [{ Name: 'email', Value: 'cat@x.example' }],
      }),
    )
    expect(signed.CodeDeliveryDetails?.Destination).toBe('c***@x***')
    expect((await read('cat')).UserStatus).toBe('UNCONFIRMED')
    const wrong = new ConfirmSignUpCommand({ ClientId, Username: 'cat', ConfirmationCode: 'x' })
    await expect(visitor.send(wrong)).rejects.toBeInstanceOf(CodeMismatchException)
    const ConfirmationCode = await codeSentTo('cat@x.example')
    await visitor.send(new ConfirmSignUpCommand({ ClientId, Username: 'cat', ConfirmationCode }))
    expect((await read('cat@x.example')).UserStatus).toBe('CONFIRMED')
  })

  it('the SDK’s paginators see every user of a filter and every member of a group once', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `many-${index}`)
    await admin.send(new CreateGroupCommand({ UserPoolId, GroupName: 'many', Precedence: 3 }))
    for (const Username of names) {
      await create(Username)
      await admin.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName: 'many' }))
    }
    const listed: (string | undefined)[] = []
    const Filter = 'username ^= "many-"'
    for await (const page of paginateListUsers({ client: admin, pageSize: 3 }, { UserPoolId, Filter }))
      listed.push(...(page.Users ?? []).map(({ Username }) => Username))
    expect(new Set(listed)).toEqual(new Set(names))
    expect(listed).toHaveLength(names.length)
    const members: (string | undefined)[] = []
    const group = { UserPoolId, GroupName: 'many' }
    for await (const page of paginateListUsersInGroup({ client: admin, pageSize: 3 }, group))
      members.push(...(page.Users ?? []).map(({ Username }) => Username))
    expect(new Set(members)).toEqual(new Set(names))
    expect(members).toHaveLength(names.length)
    const { Groups } = await admin.send(new AdminListGroupsForUserCommand({ UserPoolId, Username: 'many-0' }))
    expect(Groups).toMatchObject([{ GroupName: 'many', Precedence: 3, UserPoolId }])
    await expect(
      admin.send(new CreateGroupCommand({ UserPoolId, GroupName: 'many' })),
    ).rejects.toBeInstanceOf(GroupExistsException)
  })

  it('a deleted user is gone with the alias', async () => {
    await create('dan', 'dan@x.example')
    await admin.send(new AdminDeleteUserCommand({ UserPoolId, Username: 'dan@x.example' }))
    await expect(read('dan')).rejects.toBeInstanceOf(UserNotFoundException)
    await create('dan2', 'dan@x.example')
  })
})
