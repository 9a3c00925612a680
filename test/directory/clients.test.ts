// App clients and their secrets: defaults, every refusal, and where each operation may run.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { fault, startDirectory, type TestDirectory } from '../support/directory.ts'

let directory: TestDirectory
let sharedPoolId: string
/** The pool of the test that runs: the shared one, unless the test makes its own. */
let UserPoolId: string
beforeAll(async () => {
  directory = await startDirectory()
  sharedPoolId = await directory.makePool()
})
afterAll(() => directory.close())
beforeEach(() => {
  UserPoolId = sharedPoolId
})

const create = async (input: Partial<Input<'CreateUserPoolClient'>> = {}) => {
  const { UserPoolClient } = await directory.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'app',
    ...input,
  })
  if (UserPoolClient?.ClientId === undefined) throw new Error('no client was made')
  return { ...UserPoolClient, ClientId: UserPoolClient.ClientId }
}
const describeClient = async (ClientId: string) =>
  (await directory.call('DescribeUserPoolClient', { UserPoolId, ClientId })).UserPoolClient
const becomeSecondary = () =>
  directory.register(UserPoolId, { role: 'SECONDARY', status: 'ACTIVE', primaryRegion: 'us-west-2' })

const invalid = 'InvalidParameterException'
const notFound = 'ResourceNotFoundException'

test('a client that asks for nothing has Amazon’s defaults and no secret', async () => {
  const made = await create()
  expect(await describeClient(made.ClientId)).toEqual(made)
  expect(made.ClientId).toMatch(/^[a-z0-9]{26}$/)
  expect(JSON.parse(JSON.stringify({ ...made, CreationDate: 0, LastModifiedDate: 0 }))).toEqual({
    UserPoolId,
    ClientName: 'app',
    ClientId: made.ClientId,
    CreationDate: 0,
    LastModifiedDate: 0,
    RefreshTokenValidity: 30,
    TokenValidityUnits: {},
    ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH'],
    AllowedOAuthFlowsUserPoolClient: false,
    EnableTokenRevocation: true,
    EnablePropagateAdditionalUserContextData: false,
    AuthSessionValidity: 3,
    ClientType: 'REGULAR',
  })
})

test('a secret is made on request, or taken from the request', async () => {
  const { ClientId, ClientSecret } = await create({ GenerateSecret: true })
  expect(ClientSecret).toMatch(/^[a-z0-9]{51}$/)
  expect(await describeClient(ClientId)).toMatchObject({ ClientSecret })
  const own = 'a'.repeat(32)
  expect(await create({ ClientSecret: own })).toMatchObject({ ClientSecret: own })
  await expect(create({ GenerateSecret: true, ClientSecret: own })).rejects.toMatchObject(fault(invalid))
})

test('a refresh token lives 30 days in whatever unit is asked for, and 0 is the default', async () => {
  expect(await create({ TokenValidityUnits: { RefreshToken: 'hours' } })).toMatchObject({
    RefreshTokenValidity: 720,
  })
  expect(await create({ RefreshTokenValidity: 0 })).toMatchObject({ RefreshTokenValidity: 30 })
})

test('a client whose refresh tokens rotate doesn’t get the flow that doesn’t rotate them', async () => {
  const RefreshTokenRotation = { Feature: 'ENABLED' } as const
  const made = await create({ RefreshTokenRotation })
  expect(made?.ExplicitAuthFlows).toEqual(['ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH'])
  expect(made?.RefreshTokenRotation).toEqual(RefreshTokenRotation)
  await expect(
    create({ RefreshTokenRotation, ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] }),
  ).rejects.toMatchObject(fault(invalid))
})

test('a machine’s client gets the scopes of resource servers', async () => {
  await directory.call('CreateResourceServer', {
    UserPoolId,
    Identifier: 'https://api.example.com',
    Name: 'api',
    Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read' }],
  })
  const machine = {
    GenerateSecret: true,
    AllowedOAuthFlows: ['client_credentials'],
    AllowedOAuthFlowsUserPoolClient: true,
  } satisfies Partial<Input<'CreateUserPoolClient'>>
  const AllowedOAuthScopes = ['https://api.example.com/read']
  expect(await create({ ...machine, AllowedOAuthScopes })).toMatchObject({ AllowedOAuthScopes })
  await expect(
    create({ ...machine, AllowedOAuthScopes: ['https://api.example.com/write'] }),
  ).rejects.toMatchObject(
    fault('ScopeDoesNotExistException', 'Invalid scope requested: https://api.example.com/write'),
  )
})

const oauth = 'InvalidOAuthFlowException'
const website = { CallbackURLs: ['https://example.com/in'], AllowedOAuthScopes: ['openid'] }

test.each<[string, Partial<Input<'CreateUserPoolClient'>>]>([
  ['HTTPS', { CallbackURLs: ['https://example.com/in'] }],
  [
    'HTTP on localhost with a port',
    { CallbackURLs: ['http://localhost:3000/in', 'http://127.0.0.1:1/', 'http://[::1]:1/'] },
  ],
  ['an app’s scheme', { CallbackURLs: ['myapp://signed-in'] }],
  ['old flow names', { ExplicitAuthFlows: ['USER_PASSWORD_AUTH'] }],
  [
    'a default redirect URI among the callbacks',
    { ...website, DefaultRedirectURI: 'https://example.com/in' },
  ],
  ['attributes of the schema', { ReadAttributes: ['email', 'email_verified'], WriteAttributes: ['email'] }],
  ['COGNITO as provider', { SupportedIdentityProviders: ['COGNITO'] }],
])('%s: accepted', async (_name, input) => {
  expect(await create(input)).toMatchObject(input)
})

test.each<[string, Partial<Input<'CreateUserPoolClient'>>, string, (string | RegExp)?]>([
  ['old and new flow names', { ExplicitAuthFlows: ['USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH'] }, invalid],
  ['an access token over a day', { AccessTokenValidity: 25 }, invalid, 'Invalid range for token validity.'],
  [
    'an ID token under 5 minutes',
    { IdTokenValidity: 299, TokenValidityUnits: { IdToken: 'seconds' } },
    invalid,
    'Invalid range for token validity.',
  ],
  [
    'a refresh token over 10 years',
    { RefreshTokenValidity: 3_651 },
    invalid,
    'Invalid range for token validity.',
  ],
  [
    'client_credentials with code',
    { ...website, GenerateSecret: true, AllowedOAuthFlows: ['client_credentials', 'code'] },
    oauth,
    /along with code flow/,
  ],
  [
    'client_credentials with a scope of users',
    {
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: ['openid'],
    },
    'InvalidOAuthFlowException',
    'openid is not supported with client_credentials flow',
  ],
  [
    'client_credentials without a secret',
    { AllowedOAuthFlows: ['client_credentials'] },
    oauth,
    /does not have a client secret/,
  ],
  [
    'code flow without callback URLs',
    { AllowedOAuthFlows: ['code'] },
    oauth,
    'CallbackUrls can not be empty when code flow or implicit flow is selected',
  ],
  [
    'OAuth without flows and scopes',
    { AllowedOAuthFlowsUserPoolClient: true },
    invalid,
    /AllowedOAuthFlows and AllowedOAuthScopes are required/,
  ],
  [
    'an unknown scope',
    { AllowedOAuthScopes: ['nothing'] },
    'ScopeDoesNotExistException',
    'Invalid scope requested: nothing',
  ],
  [
    'plain HTTP',
    { CallbackURLs: ['http://example.com/in'] },
    invalid,
    'http://example.com/in cannot use the HTTP protocol.',
  ],
  [
    'HTTP at a host that only begins like localhost',
    { CallbackURLs: ['http://localhost.example.com/'] },
    invalid,
  ],
  [
    'a scheme that a browser runs',
    { CallbackURLs: ['javascript:alert(1)'] },
    invalid,
    'javascript:alert(1) cannot use the scheme javascript.',
  ],
  ['a fragment', { LogoutURLs: ['https://example.com/#out'] }, invalid, /fragment/],
  ['a relative URL', { CallbackURLs: ['/in'] }, invalid, /absolute/],
  [
    'a default redirect URI that is no callback',
    { ...website, DefaultRedirectURI: 'https://example.com/other' },
    invalid,
    /DefaultRedirectURI/,
  ],
  [
    'an unknown provider',
    { SupportedIdentityProviders: ['Facebook'] },
    invalid,
    /^The provider Facebook does not exist for User Pool us-east-1_/,
  ],
  [
    'an unknown attribute to read',
    { ReadAttributes: ['custom:none'] },
    invalid,
    'Invalid read attributes specified while creating a client',
  ],
  [
    'sub as an attribute to write',
    { WriteAttributes: ['sub'] },
    invalid,
    'Invalid write attributes specified while creating a client',
  ],
  ['context data without a secret', { EnablePropagateAdditionalUserContextData: true }, invalid, /secret/],
])('%s: refused', async (_name, input, code, message) => {
  await expect(create(input)).rejects.toMatchObject(fault(code, message))
})

test('choice-based sign-in needs more than the LITE tier', async () => {
  UserPoolId = await directory.makePool({ UserPoolTier: 'LITE' })
  await expect(create({ ExplicitAuthFlows: ['ALLOW_USER_AUTH'] })).rejects.toMatchObject(
    fault('FeatureUnavailableInTierException'),
  )
})

test('an update keeps ID and secret and puts what is left out back to its default', async () => {
  const made = await create({
    GenerateSecret: true,
    AccessTokenValidity: 2,
    CallbackURLs: ['https://example.com/'],
    EnableTokenRevocation: false,
  })
  directory.pass(1_000)
  const { UserPoolClient } = await directory.call('UpdateUserPoolClient', {
    UserPoolId,
    ClientId: made.ClientId,
    AuthSessionValidity: 10,
  })
  expect(UserPoolClient).toMatchObject({
    ClientName: 'app',
    ClientSecret: made.ClientSecret,
    AuthSessionValidity: 10,
    EnableTokenRevocation: true,
  })
  expect(UserPoolClient).not.toHaveProperty('AccessTokenValidity')
  expect(UserPoolClient).not.toHaveProperty('CallbackURLs')
  expect(await describeClient(made.ClientId)).toEqual(UserPoolClient)
  await expect(
    directory.call('UpdateUserPoolClient', {
      UserPoolId,
      ClientId: made.ClientId,
      WriteAttributes: ['none'],
    }),
  ).rejects.toMatchObject(fault(invalid, 'Invalid write attributes specified while updating a client'))
})

test('clients are listed page by page, and a page token is good for its pool only', async () => {
  UserPoolId = await directory.makePool()
  const made = []
  for (let index = 0; index < 5; index += 1) made.push((await create()).ClientId)
  const listed = []
  let NextToken: string | undefined
  do {
    const page = await directory.call('ListUserPoolClients', { UserPoolId, MaxResults: 2, NextToken })
    listed.push(...(page.UserPoolClients ?? []))
    NextToken = page.NextToken
    if (NextToken !== undefined)
      await expect(
        directory.call('ListUserPoolClients', { UserPoolId: sharedPoolId, NextToken }),
      ).rejects.toMatchObject(fault(invalid, 'Invalid pagination token.'))
  } while (NextToken !== undefined)
  expect(listed).toHaveLength(made.length)
  expect(new Set(listed.map(({ ClientId }) => ClientId))).toEqual(new Set(made))
  expect(listed[0]).toEqual({ ClientId: listed[0]?.ClientId, ClientName: 'app', UserPoolId })
  expect(await directory.call('ListUserPoolClients', { UserPoolId, ClientType: 'DCR' })).toEqual({
    UserPoolClients: [],
  })
})

test('a deleted client is gone', async () => {
  const { ClientId } = await create()
  expect(await directory.call('DeleteUserPoolClient', { UserPoolId, ClientId })).toEqual({})
  await expect(describeClient(ClientId)).rejects.toMatchObject(
    fault(notFound, `User pool client ${ClientId} does not exist.`),
  )
  await expect(directory.call('DeleteUserPoolClient', { UserPoolId, ClientId })).rejects.toMatchObject(
    fault(notFound),
  )
})

test('a client of one pool is not there in another', async () => {
  const { ClientId } = await create()
  UserPoolId = await directory.makePool()
  await expect(describeClient(ClientId)).rejects.toMatchObject(fault(notFound))
})

describe('client secrets', () => {
  const add = (ClientId: string, ClientSecret?: string) =>
    directory.call('AddUserPoolClientSecret', { UserPoolId, ClientId, ClientSecret })
  const list = async (ClientId: string) =>
    (await directory.call('ListUserPoolClientSecrets', { UserPoolId, ClientId })).ClientSecrets
  const remove = (ClientId: string, ClientSecretId: string) =>
    directory.call('DeleteUserPoolClientSecret', { UserPoolId, ClientId, ClientSecretId })

  test('rotate: add a second, delete the first', async () => {
    const { ClientId, ClientSecret } = await create({ GenerateSecret: true })
    const { ClientSecretDescriptor: added } = await add(ClientId)
    expect(added?.ClientSecretValue).toMatch(/^[a-z0-9]{51}$/)
    expect(added?.ClientSecretId).toMatch(new RegExp(`^${ClientId}--\\d+$`))
    const both = await list(ClientId)
    expect(both).toHaveLength(2)
    for (const secret of both ?? []) expect(secret).not.toHaveProperty('ClientSecretValue')
    expect(await remove(ClientId, both?.[0]?.ClientSecretId ?? '')).toEqual({})
    expect(await list(ClientId)).toEqual([both?.[1]])
    const described = await describeClient(ClientId)
    expect(described?.ClientSecret).toBe(added?.ClientSecretValue)
    expect(described?.ClientSecret).not.toBe(ClientSecret)
  })

  test('a secret that the caller made is not sent back', async () => {
    const { ClientId } = await create({ GenerateSecret: true })
    const own = 'b'.repeat(40)
    const { ClientSecretDescriptor } = await add(ClientId, own)
    expect(ClientSecretDescriptor).not.toHaveProperty('ClientSecretValue')
    expect(await describeClient(ClientId)).toMatchObject({ ClientSecret: own })
  })

  test('a third one, the same one again, one for a public client, and the last one’s end are refused', async () => {
    const own = 'c'.repeat(40)
    const { ClientId } = await create({ ClientSecret: own })
    await expect(add(ClientId, own)).rejects.toMatchObject(fault(invalid))
    const [first] = (await list(ClientId)) ?? []
    await expect(remove(ClientId, first?.ClientSecretId ?? '')).rejects.toMatchObject(fault(invalid, /last/))
    await expect(remove(ClientId, 'none')).rejects.toMatchObject(fault(notFound))
    await add(ClientId)
    await expect(add(ClientId)).rejects.toMatchObject(fault('LimitExceededException'))
    const open = await create()
    await expect(add(open.ClientId)).rejects.toMatchObject(fault(invalid))
    expect(await list(open.ClientId)).toEqual([])
  })
})

test('a secondary shows clients and secrets, and changes none', async () => {
  UserPoolId = await directory.makePool()
  const { ClientId, ClientSecret } = await create({ GenerateSecret: true })
  await becomeSecondary()
  const about = { UserPoolId, ClientId }
  expect(await describeClient(ClientId)).toMatchObject({ ClientSecret })
  expect((await directory.call('ListUserPoolClients', { UserPoolId })).UserPoolClients).toHaveLength(1)
  expect((await directory.call('ListUserPoolClientSecrets', about)).ClientSecrets).toHaveLength(1)
  const refused = fault('OperationNotEnabledException', /us-west-2/)
  await expect(create()).rejects.toMatchObject(refused)
  await expect(directory.call('UpdateUserPoolClient', about)).rejects.toMatchObject(refused)
  await expect(directory.call('DeleteUserPoolClient', about)).rejects.toMatchObject(refused)
  await expect(directory.call('AddUserPoolClientSecret', about)).rejects.toMatchObject(refused)
  await expect(
    directory.call('DeleteUserPoolClientSecret', { ...about, ClientSecretId: 'x' }),
  ).rejects.toMatchObject(refused)
})

test('two changes to one client at once both happen', async () => {
  const { ClientId } = await create({ GenerateSecret: true })
  await Promise.all([
    directory.call('AddUserPoolClientSecret', { UserPoolId, ClientId }),
    directory.call('UpdateUserPoolClient', { UserPoolId, ClientId, ClientName: 'renamed' }),
  ])
  expect(await describeClient(ClientId)).toMatchObject({ ClientName: 'renamed' })
  const { ClientSecrets } = await directory.call('ListUserPoolClientSecrets', { UserPoolId, ClientId })
  expect(ClientSecrets).toHaveLength(2)
})
