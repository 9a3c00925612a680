// What belongs to a pool besides clients and users: resource servers, domains and tags.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Input } from '../../src/directory/operation.ts'
import { fault, startDirectory, type TestDirectory } from '../support/directory.ts'

let directory: TestDirectory
let UserPoolId: string
beforeAll(async () => {
  directory = await startDirectory()
})
afterAll(() => directory.close())
beforeEach(async () => {
  UserPoolId = await directory.makePool()
})

const becomeSecondary = () =>
  directory.register(UserPoolId, { role: 'SECONDARY', status: 'INACTIVE', primaryRegion: 'us-west-2' })
const invalid = 'InvalidParameterException'
const notFound = 'ResourceNotFoundException'
const notEnabled = 'OperationNotEnabledException'

describe('resource servers', () => {
  const Scopes = [{ ScopeName: 'read', ScopeDescription: 'Read things' }]
  const create = (Identifier: string, more: Partial<Input<'CreateResourceServer'>> = {}) =>
    directory.call('CreateResourceServer', { UserPoolId, Identifier, Name: 'api', Scopes, ...more })
  const describeServer = (Identifier: string) =>
    directory.call('DescribeResourceServer', { UserPoolId, Identifier })

  test('are made, shown, changed, listed and deleted', async () => {
    const Identifier = 'https://api.example.com'
    const made = { ResourceServer: { UserPoolId, Identifier, Name: 'api', Scopes } }
    expect(await create(Identifier)).toEqual(made)
    expect(await describeServer(Identifier)).toEqual(made)
    const changed = { ResourceServer: { UserPoolId, Identifier, Name: 'new', Scopes: [] } }
    expect(await directory.call('UpdateResourceServer', { UserPoolId, Identifier, Name: 'new' })).toEqual(
      changed,
    )
    await create('second')
    const first = await directory.call('ListResourceServers', { UserPoolId, MaxResults: 1 })
    const second = await directory.call('ListResourceServers', { UserPoolId, NextToken: first.NextToken })
    expect(second).not.toHaveProperty('NextToken.length')
    const identifiers = [...(first.ResourceServers ?? []), ...(second.ResourceServers ?? [])].map(
      (server) => server.Identifier,
    )
    expect(new Set(identifiers)).toEqual(new Set([Identifier, 'second']))
    expect(identifiers).toHaveLength(2)
    expect(await directory.call('DeleteResourceServer', { UserPoolId, Identifier })).toEqual({})
    await expect(describeServer(Identifier)).rejects.toMatchObject(fault(notFound))
  })

  test('refuse an identifier that is taken, a scope given twice, and the 26th', async () => {
    await create('taken')
    await expect(create('taken')).rejects.toMatchObject(
      fault(invalid, `taken already exists in user pool ${UserPoolId}.`),
    )
    await expect(create('x', { Scopes: [...Scopes, ...Scopes] })).rejects.toMatchObject(fault(invalid))
    for (let index = 1; index < 25; index += 1) await create(`server-${index}`)
    await expect(create('one-more')).rejects.toMatchObject(fault('LimitExceededException'))
  })

  test('that don’t exist can’t be changed or deleted, and a made-up token is refused', async () => {
    const about = { UserPoolId, Identifier: 'none' }
    await expect(directory.call('UpdateResourceServer', { ...about, Name: 'x' })).rejects.toMatchObject(
      fault(notFound, 'Resource server none does not exist.'),
    )
    await expect(directory.call('DeleteResourceServer', about)).rejects.toMatchObject(fault(notFound))
    await expect(
      directory.call('ListResourceServers', { UserPoolId, NextToken: 'made-up' }),
    ).rejects.toMatchObject(fault(invalid, 'Invalid pagination token.'))
  })

  test('are shown on a secondary and changed at the primary', async () => {
    await create('api')
    await becomeSecondary()
    expect(await describeServer('api')).toMatchObject({ ResourceServer: { Scopes } })
    expect((await directory.call('ListResourceServers', { UserPoolId })).ResourceServers).toHaveLength(1)
    const about = { UserPoolId, Identifier: 'api' }
    await expect(create('other')).rejects.toMatchObject(fault(notEnabled))
    await expect(directory.call('UpdateResourceServer', { ...about, Name: 'x' })).rejects.toMatchObject(
      fault(notEnabled),
    )
    await expect(directory.call('DeleteResourceServer', about)).rejects.toMatchObject(fault(notEnabled))
  })
})

describe('domains', () => {
  const create = (Domain: string, more: Partial<Input<'CreateUserPoolDomain'>> = {}) =>
    directory.call('CreateUserPoolDomain', { UserPoolId, Domain, ...more })
  const describeDomain = async (Domain: string) =>
    (await directory.call('DescribeUserPoolDomain', { Domain })).DomainDescription
  const remove = (Domain: string) => directory.call('DeleteUserPoolDomain', { UserPoolId, Domain })
  const CustomDomainConfig = { CertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/x' }

  test('a prefix is shown with its pool, and by the pool', async () => {
    expect(await create('shown')).toMatchObject({ ManagedLoginVersion: 1 })
    expect(await describeDomain('shown')).toMatchObject({
      UserPoolId,
      AWSAccountId: '000000000000',
      Domain: 'shown',
      Status: 'ACTIVE',
      ManagedLoginVersion: 1,
    })
    expect(await directory.call('DescribeUserPool', { UserPoolId })).toMatchObject({
      UserPool: { Domain: 'shown' },
    })
  })

  test('a domain that nobody has gets an empty description', async () => {
    expect(await describeDomain('nobody-has-this')).toEqual({})
  })

  test('a custom domain lies beside the prefix and can be given another certificate', async () => {
    await create('beside')
    expect(await create('auth.example.com', { CustomDomainConfig })).toMatchObject({
      CloudFrontDomain: '127.0.0.1',
    })
    const CertificateArn = `${CustomDomainConfig.CertificateArn}2`
    await directory.call('UpdateUserPoolDomain', {
      UserPoolId,
      Domain: 'auth.example.com',
      CustomDomainConfig: { CertificateArn },
      ManagedLoginVersion: 2,
    })
    expect(await describeDomain('auth.example.com')).toMatchObject({
      CustomDomainConfig: { CertificateArn },
      ManagedLoginVersion: 2,
    })
    expect(await directory.call('DescribeUserPool', { UserPoolId })).toMatchObject({
      UserPool: { Domain: 'beside', CustomDomain: 'auth.example.com' },
    })
    await remove('auth.example.com')
  })

  test('a deleted domain is free for another pool', async () => {
    await create('moves')
    await remove('moves')
    expect(await describeDomain('moves')).toEqual({})
    UserPoolId = await directory.makePool()
    await create('moves')
    expect(await describeDomain('moves')).toMatchObject({ UserPoolId })
  })

  test.each<[string, string, Partial<Input<'CreateUserPoolDomain'>>, string | RegExp]>([
    ['the word aws', 'my-aws-pool', {}, 'Domain cannot contain reserved word: aws'],
    ['the word amazon', 'amazonian', {}, 'Domain cannot contain reserved word: amazon'],
    ['the word cognito', 'cognito1', {}, 'Domain cannot contain reserved word: cognito'],
    ['capital letters', 'Prefix', {}, /^The domain name contains an invalid character\. .*\^\[a-z0-9\]/],
    ['a custom domain without dots', 'auth', { CustomDomainConfig }, /subdomain/],
    ['a login version that doesn’t exist', 'version', { ManagedLoginVersion: 3 }, /1 or 2/],
    [
      'routing for a prefix',
      'routed',
      { Routing: { Failover: { SecondaryRegion: 'us-west-2', PrimaryRoute53HealthCheckId: 'x' } } },
      /custom domains/,
    ],
  ])('%s: refused', async (_name, domain, more, message) => {
    await expect(create(domain, more)).rejects.toMatchObject(fault(invalid, message))
  })

  test('a second prefix for a pool and a prefix that another pool has are refused', async () => {
    await create('first-one')
    await expect(create('second-one')).rejects.toMatchObject(
      fault(invalid, 'User pool already has a domain configured.'),
    )
    UserPoolId = await directory.makePool()
    await expect(create('first-one')).rejects.toMatchObject(
      fault(invalid, 'Domain already associated with another user pool.'),
    )
  })

  test('two requests at once give a pool one prefix', async () => {
    const outcomes = await Promise.allSettled([create('race-a'), create('race-b')])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('managed login needs more than the LITE tier', async () => {
    UserPoolId = await directory.makePool({ UserPoolTier: 'LITE' })
    await expect(create('lite-login', { ManagedLoginVersion: 2 })).rejects.toMatchObject(
      fault('FeatureUnavailableInTierException'),
    )
  })

  test('a domain that the pool doesn’t have can’t be changed or deleted', async () => {
    await expect(remove('none')).rejects.toMatchObject(fault(invalid, 'No such domain or user pool exists.'))
    await expect(
      directory.call('UpdateUserPoolDomain', { UserPoolId, Domain: 'none' }),
    ).rejects.toMatchObject(fault(invalid))
    await create('just-prefix')
    await expect(
      directory.call('UpdateUserPoolDomain', { UserPoolId, Domain: 'just-prefix', CustomDomainConfig }),
    ).rejects.toMatchObject(fault(invalid, /custom domains/))
  })

  test('are shown on a secondary and changed at the primary', async () => {
    await create('on-a-secondary')
    await becomeSecondary()
    expect(await describeDomain('on-a-secondary')).toMatchObject({ UserPoolId })
    await expect(create('another')).rejects.toMatchObject(fault(notEnabled, /us-west-2/))
    await expect(remove('on-a-secondary')).rejects.toMatchObject(fault(notEnabled))
    await expect(
      directory.call('UpdateUserPoolDomain', { UserPoolId, Domain: 'on-a-secondary' }),
    ).rejects.toMatchObject(fault(notEnabled))
  })
})

describe('tags', () => {
  const arn = () => `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${UserPoolId}`
  const list = async () => (await directory.call('ListTagsForResource', { ResourceArn: arn() })).Tags
  const tag = (Tags: Record<string, string>, ResourceArn = arn()) =>
    directory.call('TagResource', { ResourceArn, Tags })

  test('are added, changed and taken off, on either kind of replica', async () => {
    expect(await list()).toEqual({})
    expect(await tag({ a: '1', b: '2' })).toEqual({})
    await tag({ b: '3' })
    expect(await list()).toEqual({ a: '1', b: '3' })
    await becomeSecondary()
    await tag({ c: '4' })
    expect(await directory.call('UntagResource', { ResourceArn: arn(), TagKeys: ['a', 'none'] })).toEqual({})
    expect(await list()).toEqual({ b: '3', c: '4' })
    expect(await directory.call('DescribeUserPool', { UserPoolId })).toMatchObject({
      UserPool: { UserPoolTags: { b: '3', c: '4' } },
    })
  })

  test.each<[string, Record<string, string>]>([
    ['a key of AWS', { 'aws:x': 'y' }],
    ['more than 50', Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, '']))],
  ])('%s: refused', async (_name, tags) => {
    await expect(tag(tags)).rejects.toMatchObject(fault(invalid))
    expect(await list()).toEqual({})
  })

  test('of another Region’s ARN, of no ARN, and of a pool that isn’t here are refused', async () => {
    await expect(tag({ a: 'b' }, arn().replace('us-east-1:', 'us-west-2:'))).rejects.toMatchObject(
      fault(notFound),
    )
    await expect(tag({ a: 'b' }, 'arn:aws:s3:::bucket')).rejects.toMatchObject(fault(invalid))
    await expect(
      tag({ a: 'b' }, 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_None00000'),
    ).rejects.toMatchObject(fault(notFound))
  })
})
