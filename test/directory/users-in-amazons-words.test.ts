// What is refused of users, in the words that applications and their suites compare, through the AWS SDK's own client.
import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminDeleteUserAttributesCommand,
  AdminInitiateAuthCommand,
  AdminLinkProviderForUserCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  type CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  CreateIdentityProviderCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  type CreateUserPoolCommandInput,
  ResendConfirmationCodeCommand,
  SignUpCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRegions } from '../support/regions.ts'

let regions: Awaited<ReturnType<typeof startRegions>>
let client: CognitoIdentityProviderClient
/** Of a pool with user names and aliases, and of one with e-mail addresses in place of user names. */
let named: { UserPoolId: string; ClientId: string }
let byEmail: { UserPoolId: string; ClientId: string }
let AccessToken: string

type Attributes = Readonly<Record<string, string | undefined>>
const listed = (attributes: Attributes) =>
  Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))

const makePool = async (settings: Partial<CreateUserPoolCommandInput>) => {
  const { UserPool } = await client.send(new CreateUserPoolCommand({ PoolName: 'words', ...settings }))
  const UserPoolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await client.send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  return { UserPoolId, ClientId: UserPoolClient?.ClientId ?? '' }
}
const create = (
  Username: string,
  attributes: Attributes = {},
  more: Partial<AdminCreateUserCommandInput> = { MessageAction: 'SUPPRESS' },
  { UserPoolId } = named,
) =>
  client.send(
    new AdminCreateUserCommand({ UserPoolId, Username, UserAttributes: listed(attributes), ...more }),
  )
const update = (attributes: Attributes, Username = 'ana', { UserPoolId } = named) =>
  client.send(
    new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: listed(attributes) }),
  )
const updateOwn = (attributes: Attributes) =>
  client.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: listed(attributes) }))
const signUp = (Username: string, attributes: Attributes = {}, { ClientId } = named) =>
  client.send(
    new SignUpCommand({ ClientId, Username, Password: 'Quarry-Stone-1', UserAttributes: listed(attributes) }),
  )
const remove = (...UserAttributeNames: string[]) =>
  client.send(new AdminDeleteUserAttributesCommand({ ...named, Username: 'ana', UserAttributeNames }))
const link = (source: string, user: string, DestinationUser = 'ana') =>
  client.send(
    new AdminLinkProviderForUserCommand({
      UserPoolId: named.UserPoolId,
      DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: DestinationUser },
      SourceUser: {
        ProviderName: source,
        ProviderAttributeName: 'Cognito_Subject',
        ProviderAttributeValue: user,
      },
    }),
  )

beforeAll(async () => {
  regions = await startRegions(['us-east-1'])
  client = regions.cognito('us-east-1')
  named = await makePool({
    AliasAttributes: ['email', 'preferred_username'],
    Schema: [
      { Name: 'name', Required: true, Mutable: true },
      { Name: 'cart', AttributeDataType: 'String', StringAttributeConstraints: { MinLength: '36' } },
      { Name: 'role', AttributeDataType: 'String', Mutable: false },
    ],
  })
  byEmail = await makePool({ UsernameAttributes: ['email'] })
  await create('ana', {
    name: 'Ana',
    'custom:role': 'reader',
    email: 'ana@x.example',
    email_verified: 'true',
  })
  const { UserPoolId, ClientId } = named
  await client.send(
    new AdminSetUserPasswordCommand({
      UserPoolId,
      Username: 'ana',
      Password: 'Quarry-Stone-1',
      Permanent: true,
    }),
  )
  const signedIn = await client.send(
    new AdminInitiateAuthCommand({
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ana', PASSWORD: 'Quarry-Stone-1' },
    }),
  )
  AccessToken = signedIn.AuthenticationResult?.AccessToken ?? ''
  await create('ben@x.example', {}, undefined, byEmail)
  await create('cas@x.example', {}, undefined, byEmail)
  await client.send(
    new CreateIdentityProviderCommand({
      UserPoolId,
      ProviderName: 'Facebook',
      ProviderType: 'Facebook',
      ProviderDetails: { client_id: '1', client_secret: '2', authorize_scopes: 'public_profile' },
    }),
  )
  await create('Facebook_77', { name: 'Somebody' })
}, 30_000)
afterAll(async () => {
  client.destroy()
  await regions.close()
})

const invalid = 'InvalidParameterException'
const newUsers = 'Attributes did not conform to the schema: '

describe('refused', () => {
  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'sub of a new user',
      () => create('x', { sub: 'x' }),
      invalid,
      'Cannot modify the non-mutable attribute sub',
    ],
    ['sub', () => update({ sub: 'x' }), invalid, 'Cannot modify the non-mutable attribute sub'],
    ['sub by its user', () => updateOwn({ sub: '' }), invalid, 'Cannot modify the non-mutable attribute sub'],
    [
      'no value by its user',
      () => updateOwn({ 'custom:role': undefined }),
      invalid,
      'Attribute value for custom:role must not be null',
    ],
    [
      'no value',
      () => signUp('x', { name: undefined }),
      invalid,
      'Attribute value for name must not be null',
    ],
    [
      'what is not mutable',
      () => updateOwn({ 'custom:role': '' }),
      invalid,
      'user.custom:role: Attribute cannot be updated.\n',
    ],
    [
      'what is not mutable, unchanged',
      () => update({ 'custom:role': 'reader' }),
      invalid,
      'user.custom:role: Attribute cannot be updated.\n',
    ],
    [
      'a short value',
      () => updateOwn({ 'custom:cart': 'no UUID' }),
      invalid,
      'user.custom:cart: String must be no shorter than 36 characters\n',
    ],
    [
      'an unknown one',
      () => updateOwn({ foo: 'x' }),
      invalid,
      'user.foo: Attribute does not exist in the schema.\n',
    ],
    [
      'one named as what every object inherits from',
      () => updateOwn(Object.fromEntries([['__proto__', 'x']])),
      invalid,
      'user.__proto__: Attribute does not exist in the schema.\n',
    ],
    ['a required one', () => remove('name'), invalid, 'user.name: Required attribute cannot be deleted.'],
    [
      'an unknown one of a new user',
      () => create('x', { favourite: 'x' }),
      invalid,
      `${newUsers}favourite: Attribute does not exist in the schema.\n`,
    ],
    [
      'an unknown custom one of a new user',
      () => create('x', { 'custom:team': 'x' }),
      invalid,
      `${newUsers}Type for attribute {custom:team} could not be determined`,
    ],
    ['a lack', () => signUp('x'), invalid, `${newUsers}name: The attribute is required\n`],
    [
      'an alias of a user with a name',
      () =>
        signUp('dan', { name: 'Dan' }).then(() =>
          update({ email: 'ana@x.example', email_verified: 'true' }, 'dan'),
        ),
      'AliasExistsException',
      'An account with the email already exists.',
    ],
    [
      'an alias of a new user',
      () => create('x', { email: 'ana@x.example', email_verified: 'true' }),
      'UsernameExistsException',
      'An account with the given email already exists.',
    ],
    [
      'an address in place of a name',
      () => update({ email: 'ben@x.example' }, 'cas@x.example', byEmail),
      'AliasExistsException',
      'An account with the given email already exists.',
    ],
    [
      'an address that isn’t the name',
      () => create('eva@x.example', { email: 'evi@x.example' }, undefined, byEmail),
      invalid,
      'User email should be empty or same as username, since username attribute is email.',
    ],
    [
      'an invitation by e-mail',
      () => create('x', {}, { DesiredDeliveryMediums: ['EMAIL'] }),
      invalid,
      'No email provided but desired delivery medium was Email',
    ],
    [
      'an invitation again',
      () => create('ana', {}, { MessageAction: 'RESEND' }),
      'UnsupportedUserStateException',
      'Resend not possible. ana status is not FORCE_CHANGE_PASSWORD',
    ],
    [
      'a code where none is sent',
      () =>
        signUp('fay', { name: 'Fay' }).then(() =>
          client.send(new ResendConfirmationCodeCommand({ ClientId: named.ClientId, Username: 'fay' })),
        ),
      'NotAuthorizedException',
      'Cannot resend codes. Auto verification not turned on.',
    ],
    [
      'a code of somebody who is confirmed',
      () =>
        client.send(
          new ConfirmSignUpCommand({ ClientId: named.ClientId, Username: 'ana', ConfirmationCode: '123456' }),
        ),
      'NotAuthorizedException',
      'User cannot be confirmed. Current status is CONFIRMED',
    ],
    [
      'an identity with a profile',
      () => link('Facebook', '77'),
      invalid,
      'Merging is not currently supported, provide a SourceUser that has not been signed up in order to link',
    ],
    [
      'a native user as an identity',
      () => link('Cognito', 'ana'),
      invalid,
      'Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser',
    ],
    [
      'an identity twice',
      () => link('Facebook', '88').then(() => link('Facebook', '88')),
      invalid,
      'SourceUser is already linked to DestinationUser',
    ],
  ])('%s', async (_, attempt, name, message) => {
    await expect(attempt()).rejects.toMatchObject({ name, message })
  })

  it('nothing where an invitation goes by SMS to nobody, or not at all', async () => {
    const { User } = await create('gus', { name: 'Gus' }, {})
    expect(User).toMatchObject({ Username: 'gus', UserStatus: 'FORCE_CHANGE_PASSWORD' })
    await create('hal', {}, { MessageAction: 'SUPPRESS', DesiredDeliveryMediums: ['EMAIL'] })
  })
})
