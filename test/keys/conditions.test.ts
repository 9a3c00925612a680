// Conditions of key policies and of users' own policies, through the AWS SDK: each lets one request through and refuses another.
import * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccessKey } from '../../src/region/credentials.ts'
import { type KeyOperationName, keyCallerOf } from '../guarantees/operations/key-world.ts'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

const someone = { accessKeyId: 'AKIDSOMEONE', secretAccessKey: 'a secret of the test, which is no secret' }
const maker = { accessKeyId: 'AKIDMAKER', secretAccessKey: 'a secret of the test, which is no secret' }
const makesOwn: NonNullable<AccessKey['policies']>[number] = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['kms:*'], Resource: ['*'] },
    {
      Effect: 'Deny',
      Action: ['kms:CreateKey'],
      Resource: ['*'],
      Condition: { StringNotEquals: { 'kms:KeySpec': ['SYMMETRIC_DEFAULT', 'HMAC_256'] } },
    },
    {
      Effect: 'Deny',
      Action: ['kms:CreateKey'],
      Resource: ['*'],
      Condition: { StringEquals: { 'aws:RequestTag/team': ['nobody'] } },
    },
  ],
}

let regions: TestRegions
let owner: kms.KMSClient
const clientOf = (credentials: typeof someone): kms.KMSClient =>
  new kms.KMSClient({
    region: 'us-east-1',
    endpoint: regions.origins['us-east-1'] ?? '',
    credentials,
    maxAttempts: 1,
  })
beforeAll(async () => {
  regions = await startRegions(['us-east-1'], {
    users: [
      { ...someone, userName: 'someone' },
      { ...maker, userName: 'maker', policies: [makesOwn] },
    ],
  })
  owner = regions.kms('us-east-1')
})
afterAll(() => regions.close())

const policyWith = (Condition: object): string =>
  JSON.stringify({
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:user/someone` },
        Action: 'kms:*',
        Resource: '*',
        Condition,
      },
    ],
  })

const Plaintext = Buffer.from('p')
const Message = Buffer.from('m')
const rsa = { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' } as const
const ecc = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const
const signing = { Message, SigningAlgorithm: 'ECDSA_SHA_256' }
const grant = { GranteePrincipal: `arn:aws:iam::${account}:user/maker` }
const poolArn = `arn:aws:cognito-idp:us-east-1:${account}:userpool/us-east-1_Ab12Cd34E`
const serviceGrant = {
  GranteeServicePrincipal: 'cognito-idp.amazonaws.com',
  RetiringServicePrincipal: 'cognito-idp.amazonaws.com',
  Operations: ['Encrypt'],
}

type Asked = readonly [KeyOperationName, object]
let aliases = 0

test.each<readonly [object, kms.CreateKeyCommandInput, Asked, Asked]>([
  [
    { StringEquals: { 'kms:EncryptionAlgorithm': 'RSAES_OAEP_SHA_256' } },
    rsa,
    ['Encrypt', { Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }],
    ['Encrypt', { Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
  ],
  [
    { StringEquals: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } },
    {},
    ['Encrypt', { Plaintext }],
    ['DescribeKey', {}],
  ],
  [
    { StringEquals: { 'kms:MessageType': 'RAW' } },
    ecc,
    ['Sign', signing],
    ['Sign', { ...signing, Message: Buffer.alloc(32), MessageType: 'DIGEST' }],
  ],
  [
    { StringLike: { 'kms:RequestAlias': 'alias/of/*' } },
    {},
    ['Encrypt', { KeyId: 'ALIAS', Plaintext }],
    ['Encrypt', { Plaintext }],
  ],
  [
    {
      'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/of/*' },
      StringEquals: { 'aws:ResourceTag/team': 'quarry', 'kms:KeyOrigin': 'AWS_KMS' },
      Bool: { 'kms:MultiRegion': 'false' },
      NumericGreaterThanEqualsIfExists: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '10' },
    },
    { Tags: [{ TagKey: 'team', TagValue: 'quarry' }] },
    ['Encrypt', { Plaintext }],
    ['ScheduleKeyDeletion', { PendingWindowInDays: 7 }],
  ],
  [
    { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'DescribeKey'] } },
    {},
    ['CreateGrant', { ...grant, Operations: ['Encrypt'] }],
    ['CreateGrant', { ...grant, Operations: ['Encrypt', 'Decrypt'] }],
  ],
  [
    { StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextSubset' } },
    {},
    [
      'CreateGrant',
      { ...grant, Operations: ['Encrypt'], Constraints: { EncryptionContextSubset: { a: '1' } } },
    ],
    ['CreateGrant', { ...grant, Operations: ['Encrypt'], Constraints: { EncryptionContextSubset: {} } }],
  ],
  [
    {
      StringEquals: {
        'kms:GranteeServicePrincipal': 'cognito-idp.amazonaws.com',
        'kms:RetiringServicePrincipal': 'cognito-idp.amazonaws.com',
      },
      ArnLike: { 'kms:GrantConstraintSourceArn': `arn:aws:cognito-idp:us-east-1:${account}:userpool/*` },
    },
    {},
    ['CreateGrant', { ...serviceGrant, Constraints: { SourceArn: poolArn } }],
    [
      'CreateGrant',
      { ...serviceGrant, Constraints: { SourceArn: poolArn.replace('us-east-1', 'us-east-2') } },
    ],
  ],
  [
    { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' }, StringEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } },
    {},
    ['DescribeKey', {}],
    // Of a key of another spec, below.
    ['DescribeKey', { KeyId: 'OTHER' }],
  ],
])('a policy with the condition %j', async (Condition, input, allowed, refused) => {
  const make = async (how: kms.CreateKeyCommandInput) =>
    (await owner.send(new kms.CreateKeyCommand({ ...how, Policy: policyWith(Condition) }))).KeyMetadata
      ?.KeyId ?? ''
  const named: Record<string, string> = { ALIAS: `alias/of/${++aliases}`, OTHER: await make(ecc) }
  const KeyId = await make(input)
  await owner.send(new kms.CreateAliasCommand({ AliasName: named.ALIAS, TargetKeyId: KeyId }))
  const ask = ([operation, members]: Asked) => {
    const given = { KeyId, ...members }
    return keyCallerOf(clientOf(someone))(operation, {
      ...given,
      KeyId: named[given.KeyId] ?? given.KeyId,
    } as never)
  }
  await ask(allowed)
  await expect(ask(refused)).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

test('a user’s own policy limits which keys are made', async () => {
  const make = (input: kms.CreateKeyCommandInput) => clientOf(maker).send(new kms.CreateKeyCommand(input))
  await make({})
  await make({
    KeySpec: 'HMAC_256',
    KeyUsage: 'GENERATE_VERIFY_MAC',
    Tags: [{ TagKey: 'team', TagValue: 'us' }],
  })
  for (const input of [ecc, { Tags: [{ TagKey: 'team', TagValue: 'nobody' }] }])
    await expect(make(input)).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

describe('a deny of re-encryption to another key', () => {
  const makeKey = async (alias: string): Promise<string> => {
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:ReEncrypt*',
      Resource: '*',
      Condition: { Bool: { 'kms:ReEncryptOnSameKey': 'false' } },
    }
    const Policy = JSON.stringify({ Statement: [...JSON.parse(policyWith({})).Statement, deny] })
    const { KeyMetadata } = await owner.send(new kms.CreateKeyCommand({ Policy }))
    const KeyId = KeyMetadata?.KeyId ?? ''
    await owner.send(new kms.CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }))
    return KeyId
  }
  test('holds whether the source key is named or not, and by whatever name', async () => {
    const [own, other] = [await makeKey('alias/own'), await makeKey('alias/other')]
    const { CiphertextBlob } = await owner.send(new kms.EncryptCommand({ KeyId: own, Plaintext }))
    const reEncrypt = (DestinationKeyId: string, SourceKeyId?: string) =>
      clientOf(someone).send(new kms.ReEncryptCommand({ CiphertextBlob, DestinationKeyId, SourceKeyId }))
    for (const source of [undefined, own, 'alias/own'])
      for (const [destination, isSame] of [
        [own, true],
        ['alias/own', true],
        [other, false],
        ['alias/other', false],
      ] as const) {
        const answer = reEncrypt(destination, source)
        if (isSame) expect(await answer).toMatchObject({ KeyId: expect.stringContaining(own) })
        else await expect(answer).rejects.toMatchObject({ name: 'AccessDeniedException' })
      }
  })
})

test.each<readonly [object, kms.CreateKeyCommandInput, Asked]>([
  [{ NumericLessThanEqualsIfExists: { 'kms:RotationPeriodInDays': '180' } }, {}, ['EnableKeyRotation', {}]],
  [
    { StringNotEquals: { 'kms:ExpirationModel': 'KEY_MATERIAL_EXPIRES' } },
    { Origin: 'EXTERNAL' },
    ['ImportKeyMaterial', { ImportToken: Message, EncryptedKeyMaterial: Message }],
  ],
  [
    { StringNotLike: { 'kms:RequestAlias': 'alias/of/*' } },
    {},
    ['ReEncrypt', { DestinationKeyId: 'ALIAS', CiphertextBlob: Message, SourceKeyId: 'ALIAS' }],
  ],
])(
  'the condition %j is not got around by leaving a member out or naming the key elsewhere',
  async (Condition, input, [operation, members]) => {
    const { KeyMetadata } = await owner.send(
      new kms.CreateKeyCommand({ ...input, Policy: policyWith(Condition) }),
    )
    const KeyId = KeyMetadata?.KeyId ?? ''
    const alias = `alias/of/${++aliases}`
    await owner.send(new kms.CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }))
    const given = Object.fromEntries(
      Object.entries({ KeyId, ...members }).map(([name, value]) => [name, value === 'ALIAS' ? alias : value]),
    )
    await expect(keyCallerOf(clientOf(someone))(operation, given as never)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  },
)
