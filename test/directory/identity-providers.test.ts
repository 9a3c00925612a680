// Identity providers of a pool: what each type needs, identifiers, app clients that support them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { identityProviderOperations } from '../../src/directory/operations/identity-provider/operations.ts'
import { startDirectory, type TestDirectory } from '../support/directory.ts'

let directory: TestDirectory
let UserPoolId: string
beforeAll(async () => {
  directory = await startDirectory({ operations: identityProviderOperations })
})
beforeEach(async () => {
  UserPoolId = await directory.makePool()
})
afterAll(() => directory.close())

const google = { client_id: 'id', client_secret: 'secret', authorize_scopes: 'openid email' }
const oidc = {
  client_id: 'id',
  client_secret: 'secret',
  attributes_request_method: 'GET',
  authorize_scopes: 'openid',
  oidc_issuer: 'https://login.example.com',
}
const create = (ProviderName: string, more: Partial<Input<'CreateIdentityProvider'>> = {}) =>
  directory.call('CreateIdentityProvider', {
    UserPoolId,
    ProviderName,
    ProviderType: 'OIDC',
    ProviderDetails: oidc,
    ...more,
  })
const describeOne = async (ProviderName: string) =>
  (await directory.call('DescribeIdentityProvider', { UserPoolId, ProviderName })).IdentityProvider
const refused = (name: string) => ({ code: name })

describe('a provider', () => {
  test('is described with what was given and what its type brings', async () => {
    const { IdentityProvider } = await create('Google', {
      ProviderType: 'Google',
      ProviderDetails: google,
      AttributeMapping: { email: 'email' },
      IdpIdentifiers: ['example.com'],
    })
    expect(IdentityProvider).toMatchObject({
      UserPoolId,
      ProviderName: 'Google',
      ProviderType: 'Google',
      ProviderDetails: {
        ...google,
        oidc_issuer: 'https://accounts.google.com',
        token_request_method: 'POST',
      },
      AttributeMapping: { email: 'email', username: 'sub' },
      IdpIdentifiers: ['example.com'],
    })
    expect(await describeOne('Google')).toEqual(IdentityProvider)
  })

  test('is changed in what is given, and listed, found and deleted', async () => {
    await create('Corp', { IdpIdentifiers: ['corp.example'] })
    directory.pass(1_000)
    const { IdentityProvider } = await directory.call('UpdateIdentityProvider', {
      UserPoolId,
      ProviderName: 'Corp',
      AttributeMapping: { name: 'display_name' },
    })
    expect(IdentityProvider).toMatchObject({
      ProviderDetails: oidc,
      AttributeMapping: { name: 'display_name', username: 'sub' },
      IdpIdentifiers: ['corp.example'],
    })
    expect(IdentityProvider?.LastModifiedDate?.getTime()).toBeGreaterThan(
      IdentityProvider?.CreationDate?.getTime() ?? 0,
    )
    const found = await directory.call('GetIdentityProviderByIdentifier', {
      UserPoolId,
      IdpIdentifier: 'corp.example',
    })
    expect(found.IdentityProvider?.ProviderName).toBe('Corp')
    await create('Other')
    const first = await directory.call('ListIdentityProviders', { UserPoolId, MaxResults: 1 })
    const second = await directory.call('ListIdentityProviders', { UserPoolId, NextToken: first.NextToken })
    expect(
      new Set([...(first.Providers ?? []), ...(second.Providers ?? [])].map((one) => one.ProviderName)),
    ).toEqual(new Set(['Corp', 'Other']))
    await directory.call('DeleteIdentityProvider', { UserPoolId, ProviderName: 'Corp' })
    await expect(describeOne('Corp')).rejects.toMatchObject(refused('ResourceNotFoundException'))
    await expect(
      directory.call('GetIdentityProviderByIdentifier', { UserPoolId, IdpIdentifier: 'corp.example' }),
    ).rejects.toMatchObject(refused('ResourceNotFoundException'))
  })

  test.each<[string, string, Partial<Input<'CreateIdentityProvider'>>, string]>([
    ['a second one of the name', 'Taken', {}, 'DuplicateProviderException'],
    [
      'an identifier that another has',
      'New',
      { IdpIdentifiers: ['taken.example'] },
      'DuplicateProviderException',
    ],
    ['an identifier twice', 'New', { IdpIdentifiers: ['a', 'a'] }, 'InvalidParameterException'],
    ['the pool’s own name', 'COGNITO', {}, 'InvalidParameterException'],
    [
      'a social provider under another name',
      'MyGoogle',
      { ProviderType: 'Google', ProviderDetails: google },
      'InvalidParameterException',
    ],
    [
      'an OIDC provider without its issuer',
      'New',
      { ProviderDetails: { ...oidc, oidc_issuer: '' } },
      'InvalidParameterException',
    ],
    [
      'a SAML provider without metadata',
      'New',
      { ProviderType: 'SAML', ProviderDetails: {} },
      'InvalidParameterException',
    ],
    [
      'a URL that is none',
      'New',
      { ProviderType: 'SAML', ProviderDetails: { MetadataURL: 'no url' } },
      'InvalidParameterException',
    ],
    [
      'a mapping of an unknown attribute',
      'New',
      { AttributeMapping: { 'custom:x': 'x' } },
      'InvalidParameterException',
    ],
    ['a mapping of sub', 'New', { AttributeMapping: { sub: 'x' } }, 'InvalidParameterException'],
  ])('%s is refused', async (_, name, more, error) => {
    await create('Taken', { IdpIdentifiers: ['taken.example'] })
    await expect(create(name, more)).rejects.toMatchObject(refused(error))
  })

  test.each<[string, Partial<Input<'CreateIdentityProvider'>>, string]>([
    ['Taken', {}, 'Taken already exists in user pool POOL.'],
    [
      'MyGoogle',
      { ProviderType: 'Google', ProviderDetails: google },
      'Provider MyGoogle cannot be of type Google.',
    ],
    [
      'Google',
      { ProviderType: 'Google', ProviderDetails: { client_id: 'a' } },
      'client_id, client_secret and authorize_scopes are all required idp details',
    ],
    [
      'New',
      { ProviderType: 'SAML', ProviderDetails: {} },
      'At least one of the MetadataURL or MetadataFile should be provided.',
    ],
    [
      'New',
      { AttributeMapping: { 'custom:x': 'x', nothing: 'y' } },
      'AttributeMapping contains invalid mapping: [custom:x, nothing]',
    ],
  ])('%s with %j is refused in Amazon’s words', async (name, more, message) => {
    await create('Taken')
    await expect(create(name, more)).rejects.toMatchObject({ message: message.replace('POOL', UserPoolId) })
  })

  test('can be supported by an app client once it is there', async () => {
    const client = (SupportedIdentityProviders: string[]) =>
      directory.call('CreateUserPoolClient', { UserPoolId, ClientName: 'c', SupportedIdentityProviders })
    await expect(client(['COGNITO', 'Corp'])).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: `The provider Corp does not exist for User Pool ${UserPoolId}.`,
    })
    await create('Corp')
    expect((await client(['COGNITO', 'Corp'])).UserPoolClient?.SupportedIdentityProviders).toEqual([
      'COGNITO',
      'Corp',
    ])
  })
})

describe('on a secondary', () => {
  test('providers are read and not written', async () => {
    await create('Corp', { IdpIdentifiers: ['corp.example'] })
    await directory.register(UserPoolId, {
      role: 'SECONDARY',
      status: 'INACTIVE',
      primaryRegion: 'us-west-2',
    })
    expect((await describeOne('Corp'))?.ProviderName).toBe('Corp')
    await expect(create('New')).rejects.toMatchObject(refused('OperationNotEnabledException'))
    await expect(
      directory.call('DeleteIdentityProvider', { UserPoolId, ProviderName: 'Corp' }),
    ).rejects.toMatchObject(refused('OperationNotEnabledException'))
    await expect(
      directory.call('GetIdentityProviderByIdentifier', { UserPoolId, IdpIdentifier: 'corp.example' }),
    ).rejects.toMatchObject(refused('OperationNotEnabledException'))
  })
})
