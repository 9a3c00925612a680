// Pools and clients through the AWS SDK's own client, against a whole Region: wire, validation, key service and store.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CognitoIdentityProvider,
  paginateListUserPoolClients,
  paginateListUserPools,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMS } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { regionConfiguration } from '../../src/region/configuration.ts'
import { type RunningRegion, startRegion } from '../../src/region/start-region.ts'

const accessKey = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'only for this test' }
const folder = mkdtempSync(join(tmpdir(), 'twinpool-region-'))
let region: RunningRegion
let cognito: CognitoIdentityProvider
let kms: KMS

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      )
    })
  })

beforeAll(async () => {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  region = await startRegion(
    regionConfiguration.parse({
      region: 'us-east-1',
      account: '000000000000',
      host: '127.0.0.1',
      port,
      dataFolder: folder,
      origin,
      routerOrigin: origin,
      peers: { 'us-east-1': origin },
      accessKeys: [accessKey],
      deploymentSecret: randomBytes(32).toString('base64'),
      dataKeyLifetimeSeconds: 1,
      logLevel: 'silent',
    }),
  )
  const connection = { region: 'us-east-1', endpoint: origin, credentials: accessKey, maxAttempts: 1 }
  cognito = new CognitoIdentityProvider(connection)
  kms = new KMS(connection)
})
afterAll(async () => {
  await region.close()
  rmSync(folder, { recursive: true, force: true })
})

const makePool = async (input: Partial<Parameters<typeof cognito.createUserPool>[0]> = {}) => {
  const { UserPool } = await cognito.createUserPool({ PoolName: 'sdk', ...input })
  if (UserPool?.Id === undefined) throw new Error('no pool was made')
  return { ...UserPool, Id: UserPool.Id }
}

test('what CreateUserPool answers is what DescribeUserPool answers', async () => {
  const made = await makePool({ Schema: [{ Name: 'team' }], UserPoolTags: { a: 'b' } })
  const { UserPool } = await cognito.describeUserPool({ UserPoolId: made.Id })
  expect(UserPool).toEqual(made)
  expect(UserPool?.CreationDate).toBeInstanceOf(Date)
  expect(UserPool).not.toHaveProperty('KeyConfiguration')
})

test('a described pool can be sent back as an update and stays what it is', async () => {
  const made = await makePool({ AutoVerifiedAttributes: ['email'], UserPoolTags: { a: 'b' } })
  const { Id, Name, ...described } = made
  await cognito.updateUserPool({ UserPoolId: Id, PoolName: Name, ...described })
  const { UserPool } = await cognito.describeUserPool({ UserPoolId: Id })
  expect({ ...UserPool, LastModifiedDate: undefined }).toEqual({ ...made, LastModifiedDate: undefined })
})

test('clients and pools are found by the SDK’s paginators', async () => {
  const { Id } = await makePool()
  const names = ['a', 'b', 'c']
  for (const ClientName of names) await cognito.createUserPoolClient({ UserPoolId: Id, ClientName })
  const found = []
  for await (const page of paginateListUserPoolClients({ client: cognito, pageSize: 2 }, { UserPoolId: Id }))
    found.push(...(page.UserPoolClients ?? []))
  expect(new Set(found.map(({ ClientName }) => ClientName))).toEqual(new Set(names))
  const pools = []
  for await (const page of paginateListUserPools({ client: cognito, pageSize: 1 }, { MaxResults: 1 }))
    pools.push(...(page.UserPools ?? []))
  expect(pools.map((pool) => pool.Id)).toContain(Id)
})

test('a client is made, shown, changed and deleted', async () => {
  const { Id: UserPoolId } = await makePool()
  const { UserPoolClient: made } = await cognito.createUserPoolClient({
    UserPoolId,
    ClientName: 'app',
    GenerateSecret: true,
  })
  const about = { UserPoolId, ClientId: made?.ClientId }
  expect((await cognito.describeUserPoolClient(about)).UserPoolClient).toEqual(made)
  const { UserPoolClient: changed } = await cognito.updateUserPoolClient({ ...about, ClientName: 'other' })
  expect(changed).toMatchObject({ ClientName: 'other', ClientSecret: made?.ClientSecret })
  await cognito.addUserPoolClientSecret(about)
  const { ClientSecrets } = await cognito.listUserPoolClientSecrets(about)
  expect(ClientSecrets).toHaveLength(2)
  await cognito.deleteUserPoolClientSecret({ ...about, ClientSecretId: ClientSecrets?.[0]?.ClientSecretId })
  await cognito.deleteUserPoolClient(about)
  await expect(cognito.describeUserPoolClient(about)).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 400 },
  })
})

test('what belongs to a pool is made and deleted, and the pool after it', async () => {
  const { Id: UserPoolId, Arn: ResourceArn } = await makePool()
  await cognito.createResourceServer({ UserPoolId, Identifier: 'api', Name: 'api' })
  expect((await cognito.listResourceServers({ UserPoolId })).ResourceServers).toHaveLength(1)
  await cognito.createUserPoolDomain({ UserPoolId, Domain: 'through-sdk' })
  expect((await cognito.describeUserPoolDomain({ Domain: 'through-sdk' })).DomainDescription).toMatchObject({
    UserPoolId,
    Status: 'ACTIVE',
  })
  expect((await cognito.describeUserPoolDomain({ Domain: 'nobody-s' })).DomainDescription).toEqual({})
  await cognito.tagResource({ ResourceArn, Tags: { a: 'b' } })
  expect((await cognito.listTagsForResource({ ResourceArn })).Tags).toEqual({ a: 'b' })
  expect(await cognito.getUserPoolMfaConfig({ UserPoolId })).toMatchObject({ MfaConfiguration: 'OFF' })
  await expect(cognito.deleteUserPool({ UserPoolId })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  await cognito.deleteUserPoolDomain({ UserPoolId, Domain: 'through-sdk' })
  await cognito.deleteUserPool({ UserPoolId })
  await expect(cognito.describeUserPool({ UserPoolId })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: `User pool ${UserPoolId} does not exist.`,
  })
})

describe('a customer managed key of the Region’s key service', () => {
  const makeKey = async (Policy?: string, more: Partial<Parameters<typeof kms.createKey>[0]> = {}) => {
    const { KeyMetadata } = await kms.createKey({ ...more, ...(Policy === undefined ? {} : { Policy }) })
    if (KeyMetadata?.Arn === undefined) throw new Error('no key was made')
    return KeyMetadata.Arn
  }
  const policy = (services: readonly string[]): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::000000000000:root' },
          Action: 'kms:*',
          Resource: '*',
        },
        ...services.map((Service) => ({
          Effect: 'Allow',
          Principal: { Service },
          Action: [
            'kms:Encrypt',
            'kms:Decrypt',
            'kms:ReEncrypt*',
            'kms:GenerateDataKeyWithoutPlaintext',
            'kms:DescribeKey',
          ],
          Resource: '*',
        })),
      ],
    })
  const onKey = (KmsKeyArn: string) =>
    makePool({ KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn } })

  test('carries a pool, single-Region or not, when its policy lets cognito-idp in', async () => {
    for (const MultiRegion of [false, true]) {
      const KmsKeyArn = await makeKey(policy(['cognito-idp.amazonaws.com']), { MultiRegion })
      const { Id } = await onKey(KmsKeyArn)
      expect((await cognito.describeUserPool({ UserPoolId: Id })).UserPool?.KeyConfiguration).toEqual({
        KeyType: 'CUSTOMER_MANAGED_KEY',
        KmsKeyArn,
      })
    }
  })

  test.each([
    ['whose policy lets no service in', () => makeKey(), /key policy/],
    [
      'whose policy leaves cognito-idp out',
      () => makeKey(policy(['identitystore.amazonaws.com'])),
      /key policy/,
    ],
    [
      'that is disabled',
      async () => {
        const KeyId = await makeKey(policy(['cognito-idp.amazonaws.com']))
        await kms.disableKey({ KeyId })
        return KeyId
      },
      /is disabled/,
    ],
    [
      'that doesn’t exist',
      async () => 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000',
      /does not exist/,
    ],
    ['of another Region', async () => 'arn:aws:kms:us-west-2:000000000000:key/x', /this Region, us-east-1/],
  ])('%s is refused and no pool is made', async (_name, key, message) => {
    const listed = async () => (await cognito.listUserPools({ MaxResults: 60 })).UserPools?.length
    const before = await listed()
    await expect(onKey(await key())).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(message),
    })
    expect(await listed()).toBe(before)
  })
})

test('requests that break the model’s constraints, or lack a signature, never reach an operation', async () => {
  await expect(cognito.createUserPool({ PoolName: 'a'.repeat(129) })).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringMatching(/^1 validation error detected: Value '.*' at 'poolName'/),
  })
  await expect(cognito.listUserPools({ MaxResults: 61 })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  })
  const KeyConfiguration = { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: 'mrk-not-an-arn-at-all' } as const
  await expect(cognito.createUserPool({ PoolName: 'key', KeyConfiguration })).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringMatching(
      /^1 validation error detected: Value '.*' at 'keyConfiguration.kmsKeyArn'/,
    ),
  })
  await expect(
    cognito.createUserPoolReplica({ UserPoolId: 'nonsense', RegionName: 'west' }),
  ).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: expect.stringMatching(
      /^2 validation errors detected: .*'regionName' .* or equal to 5; .*'userPoolId'/,
    ),
  })
  const answer = await fetch(`${region.origin}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.ListUserPools',
    },
    body: '{"MaxResults":1}',
  })
  expect(answer.ok).toBe(false)
})
