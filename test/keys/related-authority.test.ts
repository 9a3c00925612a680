// What a user may do with related keys: their own policies are asked about the Region that something happens in, not only about the one they call.
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

const [eastern, western] = ['us-east-1', 'us-west-2'] as const
const userArn = (name: string) => `arn:aws:iam::${account}:user/${name}`
const keyOf = (name: string) => ({
  accessKeyId: `AKID${name.toUpperCase()}`,
  secretAccessKey: `${name} signs with this`,
})
const allow = (Action: string, more: object = {}) => ({
  Effect: 'Allow' as const,
  Action: [Action],
  Resource: ['*'],
  ...more,
})
const statements = {
  everywhere: [allow('kms:*')],
  easterner: [allow('kms:*', { Resource: [`arn:aws:kms:${eastern}:*`] })],
  homely: [
    allow('kms:ReplicateKey'),
    allow('kms:CreateKey', { Condition: { StringEquals: { 'aws:RequestedRegion': eastern } } }),
  ],
  single: [
    allow('kms:*'),
    {
      ...allow('kms:CreateKey', { Condition: { Bool: { 'kms:MultiRegion': 'true' } } }),
      Effect: 'Deny' as const,
    },
  ],
}

let regions: TestRegions
let owner: KMSClient
beforeAll(async () => {
  regions = await startRegions([eastern, western], {
    users: Object.entries(statements).map(([userName, Statement]) => ({
      ...keyOf(userName),
      userName,
      policies: [{ Version: '2012-10-17', Statement }],
    })),
  })
  owner = regions.kms(eastern)
})
afterAll(() => regions.close())

const as = (name: keyof typeof statements) =>
  new KMSClient({
    region: eastern,
    endpoint: regions.origins[eastern] ?? '',
    credentials: keyOf(name),
    maxAttempts: 1,
  })
const makeKey = async (): Promise<string> =>
  (await owner.send(new CreateKeyCommand({ MultiRegion: true }))).KeyMetadata?.KeyId ?? ''
const replicated = async (): Promise<string> => {
  const KeyId = await makeKey()
  await owner.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: western }))
  return KeyId
}
const primaryOf = async (KeyId: string) =>
  (await owner.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.MultiRegionConfiguration?.PrimaryKey
    ?.Region
const denied = { name: 'AccessDeniedException' }
const move = (KeyId: string) => new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: western })

test('a user whose policies end at the primary’s Region makes no replica the primary', async () => {
  const KeyId = await replicated()
  await expect(as('easterner').send(move(KeyId))).rejects.toMatchObject(denied)
  expect(await primaryOf(KeyId)).toBe(eastern)
  await as('everywhere').send(move(KeyId))
  expect(await primaryOf(KeyId)).toBe(western)
})

test('the policy of the replica is asked with what the request brings', async () => {
  const KeyId = await replicated()
  const put = (Condition: object) =>
    regions.kms(western).send(
      new PutKeyPolicyCommand({
        KeyId,
        Policy: JSON.stringify({
          Statement: [
            { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
            { Effect: 'Deny', Principal: '*', Action: 'kms:UpdatePrimaryRegion', Resource: '*', Condition },
          ],
        }),
      }),
    )
  for (const Condition of [
    { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
    { StringEquals: { 'kms:PrimaryRegion': western } },
    { ArnEquals: { 'aws:PrincipalArn': userArn('everywhere') } },
    { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } },
  ]) {
    await put(Condition)
    await expect(as('everywhere').send(move(KeyId))).rejects.toMatchObject(denied)
  }
  await put({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })
  await as('everywhere').send(move(KeyId))
})

test('a replica is a multi-Region key that is made in its own Region: who may not make one there has none made', async () => {
  const KeyId = await makeKey()
  const replicate = new ReplicateKeyCommand({ KeyId, ReplicaRegion: western })
  for (const name of ['homely', 'single'] as const)
    await expect(as(name).send(replicate)).rejects.toMatchObject(denied)
  await as('everywhere').send(replicate)
})
