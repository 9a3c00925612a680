// Access keys of users: what their policies don't allow is refused in IAM's words, at user pools and at the key service.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolCommand,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  DescribeUserPoolDomainCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateKeyCommand, DescribeKeyCommand, DisableKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import { regionConfiguration } from '../../src/region/configuration.ts'
import { type RunningRegion, startRegion } from '../../src/region/start-region.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { account, freePorts } from '../support/regions.ts'

const region = 'us-east-1'
const folder = mkdtempSync(join(tmpdir(), 'twinpool-iam-'))
const root = { accessKeyId: 'AKIDROOT', secretAccessKey: systemRandom.bytes(30).toString('base64') }
const reader = { accessKeyId: 'AKIDREADER', secretAccessKey: systemRandom.bytes(30).toString('base64') }
const nobody = { accessKeyId: 'AKIDNOBODY', secretAccessKey: systemRandom.bytes(30).toString('base64') }
let running: RunningRegion
let mine = ''
let other = ''

type Credentials = typeof root
const clientOptions = (credentials: Credentials) => ({ region, endpoint: running.origin, credentials })
const cognito = (credentials: Credentials) => new CognitoIdentityProviderClient(clientOptions(credentials))
const kms = (credentials: Credentials) => new KMSClient(clientOptions(credentials))
const poolArn = (id: string): string => `arn:aws:cognito-idp:${region}:${account}:userpool/${id}`

const start = async (allowed: string): Promise<void> => {
  const [port = 0] = await freePorts(1)
  const origin = `http://127.0.0.1:${port}`
  running = await startRegion(
    regionConfiguration.parse({
      region,
      account,
      host: '127.0.0.1',
      port,
      dataFolder: join(folder, region),
      origin,
      routerOrigin: origin,
      peers: { [region]: origin },
      accessKeys: [
        root,
        {
          ...reader,
          userName: 'reader',
          policies: [
            {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Action: ['cognito-idp:Describe*', 'cognito-idp:Admin*', 'cognito-idp:ListUserPools'],
                  Resource: allowed === '' ? '*' : [poolArn(allowed), poolArn('*')],
                },
                {
                  Effect: 'Deny',
                  Action: 'cognito-idp:DescribeUserPool',
                  Resource: poolArn(other || 'none'),
                },
                { Effect: 'Allow', Action: 'twinpool:Describe*', Resource: poolArn(allowed || 'none') },
                { Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:ListKeys'], Resource: '*' },
              ],
            },
          ],
        },
        { ...nobody, userName: 'nobody' },
      ],
      deploymentSecret: Buffer.alloc(32, 7).toString('base64'),
      logLevel: 'silent',
    }),
  )
}

beforeAll(async () => {
  await start('')
  const make = async (PoolName: string) =>
    (await cognito(root).send(new CreateUserPoolCommand({ PoolName }))).UserPool?.Id ?? ''
  mine = await make('mine')
  other = await make('other')
  await running.close()
  await start(mine)
})
afterAll(async () => {
  await running.close()
  rmSync(folder, { recursive: true })
})

const refusal = (user: string, action: string, resource: string, why?: string) => ({
  name: 'AccessDeniedException',
  message: `User: arn:aws:iam::${account}:user/${user} is not authorized to perform: ${action} on resource: ${resource} ${
    why ?? `because no identity-based policy allows the ${action} action`
  }`,
})

test('a user does what the policy allows', async () => {
  const { UserPool } = await cognito(reader).send(new DescribeUserPoolCommand({ UserPoolId: mine }))
  expect(UserPool?.Name).toBe('mine')
  await expect(
    cognito(reader).send(new AdminGetUserCommand({ UserPoolId: mine, Username: 'x' })),
  ).rejects.toMatchObject({ name: 'UserNotFoundException' })
  expect((await cognito(reader).send(new ListUserPoolsCommand({ MaxResults: 5 }))).UserPools).toHaveLength(2)
})

test('and nothing else: another action, a denied pool, and without any policy nothing at all', async () => {
  await expect(cognito(reader).send(new DeleteUserPoolCommand({ UserPoolId: mine }))).rejects.toMatchObject(
    refusal('reader', 'cognito-idp:DeleteUserPool', poolArn(mine)),
  )
  await expect(
    cognito(reader).send(new DescribeUserPoolCommand({ UserPoolId: other })),
  ).rejects.toMatchObject(
    refusal(
      'reader',
      'cognito-idp:DescribeUserPool',
      poolArn(other),
      'with an explicit deny in an identity-based policy',
    ),
  )
  await expect(cognito(reader).send(new CreateUserPoolCommand({ PoolName: 'new' }))).rejects.toMatchObject(
    refusal('reader', 'cognito-idp:CreateUserPool', poolArn('*')),
  )
  await expect(cognito(nobody).send(new ListUserPoolsCommand({ MaxResults: 5 }))).rejects.toMatchObject(
    refusal('nobody', 'cognito-idp:ListUserPools', poolArn('*')),
  )
  // Who may not ask isn't told whether a pool or a domain is there.
  await expect(
    cognito(nobody).send(new DescribeUserPoolDomainCommand({ Domain: 'unknown' })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' })
  await expect(
    cognito(nobody).send(new DescribeUserPoolCommand({ UserPoolId: `${region}_AAAAAAAAA` })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('the operator service asks for permissions of its own', async () => {
  const call = (credentials: Credentials, operation: string, UserPoolId: string) =>
    createOperatorClient({ origin: running.origin, region, credentials }).call(operation, { UserPoolId })
  expect(await call(reader, 'DescribeUserPoolReplication', mine)).toMatchObject({
    Replication: { UserPoolId: mine, Role: 'PRIMARY', TakesWrites: true },
  })
  await expect(call(reader, 'PromoteUserPoolReplica', mine)).rejects.toMatchObject(
    refusal('reader', 'twinpool:PromoteUserPoolReplica', poolArn(mine)),
  )
  await expect(call(reader, 'DescribeUserPoolReplication', other)).rejects.toMatchObject(
    refusal('reader', 'twinpool:DescribeUserPoolReplication', poolArn(other)),
  )
  await expect(call(nobody, 'DescribeUserPoolReplication', mine)).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
  await expect(call(root, 'PromoteUserPoolReplica', mine)).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message: `${region} is the primary Region of ${mine} already.`,
  })
  await expect(call(root, 'DescribeEverything', mine)).rejects.toMatchObject({
    name: 'UnknownOperationException',
  })
  await expect(
    call({ ...root, secretAccessKey: 'wrong' }, 'DescribeUserPoolReplication', mine),
  ).rejects.toMatchObject({
    status: 400,
  })
})

test('a key that leaves its use to the account can be used as the user’s own policies allow', async () => {
  const { KeyMetadata } = await kms(root).send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.KeyId ?? ''
  expect((await kms(reader).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyId).toBe(KeyId)
  await expect(kms(reader).send(new DisableKeyCommand({ KeyId }))).rejects.toMatchObject(
    refusal('reader', 'kms:DisableKey', KeyMetadata?.Arn ?? ''),
  )
  await expect(kms(nobody).send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
  await expect(kms(reader).send(new CreateKeyCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
})

test('a key whose policy names a user lets that user in, without any policy of their own', async () => {
  const allow = (principal: string, Action: string) => ({
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action,
    Resource: '*',
  })
  const { KeyMetadata } = await kms(root).send(
    new CreateKeyCommand({
      Policy: JSON.stringify({
        Statement: [
          allow(`arn:aws:iam::${account}:root`, 'kms:*'),
          allow(`arn:aws:iam::${account}:user/nobody`, 'kms:DescribeKey'),
        ],
      }),
    }),
  )
  const KeyId = KeyMetadata?.KeyId ?? ''
  expect((await kms(nobody).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyId).toBe(KeyId)
  await expect(kms(nobody).send(new DisableKeyCommand({ KeyId }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  })
})
