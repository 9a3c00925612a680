// Grants through the AWS SDK: what a grantee may do, under which constraints, and who ends it.
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  type GrantConstraints,
  type GrantOperation,
  KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

const region = 'us-east-1'
const userArn = (name: string) => `arn:aws:iam::${account}:user/${name}`
const keyOf = (name: string) => ({
  accessKeyId: `AKID${name.toUpperCase()}`,
  secretAccessKey: `${name} signs with this`,
})
let regions: TestRegions
let owner: KMSClient
let grantee: KMSClient
let retirer: KMSClient
let delegate: KMSClient
let deniedUser: KMSClient
beforeAll(async () => {
  const policyOf: Record<string, 'Allow' | 'Deny'> = { delegate: 'Allow', denied: 'Deny' }
  const names = ['grantee', 'retirer', 'delegate', 'denied']
  regions = await startRegions([region], {
    users: names.map((userName) => ({
      ...keyOf(userName),
      userName,
      policies: [policyOf[userName]].flatMap((Effect) =>
        Effect === undefined
          ? []
          : [
              {
                Version: '2012-10-17',
                Statement: [{ Effect, Action: ['kms:RetireGrant'], Resource: ['*'] }],
              },
            ],
      ),
    })),
  })
  owner = regions.kms(region)
  const clientOf = (name: string) =>
    new KMSClient({ region, endpoint: regions.origins[region], credentials: keyOf(name), maxAttempts: 1 })
  grantee = clientOf('grantee')
  delegate = clientOf('delegate')
  deniedUser = clientOf('denied')
  retirer = clientOf('retirer')
})
afterAll(() => regions.close())

const Plaintext = Buffer.from('a plaintext of the test')
const makeKey = async (): Promise<string> =>
  (await owner.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? ''
const grant = (
  KeyId: string,
  Operations: GrantOperation[],
  more: Partial<ConstructorParameters<typeof CreateGrantCommand>[0]> = {},
) => owner.send(new CreateGrantCommand({ KeyId, GranteePrincipal: userArn('grantee'), Operations, ...more }))
const denied = { name: 'AccessDeniedException' }
const encrypt = (KeyId: string, EncryptionContext?: Record<string, string>) =>
  grantee.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))

test('a grantee may do what the grant names, and nothing else', async () => {
  const KeyId = await makeKey()
  await expect(encrypt(KeyId)).rejects.toMatchObject(denied)
  const { GrantId, GrantToken } = await grant(KeyId, ['Encrypt', 'DescribeKey'])
  expect(GrantId).toMatch(/^[0-9a-f]{64}$/)
  const { CiphertextBlob } = await encrypt(KeyId)
  await grantee.send(new EncryptCommand({ KeyId, Plaintext, GrantTokens: [GrantToken ?? ''] }))
  await grantee.send(new DescribeKeyCommand({ KeyId }))
  await expect(grantee.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject(denied)
  await expect(grantee.send(new DisableKeyCommand({ KeyId }))).rejects.toMatchObject(denied)
  await expect(retirer.send(new EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject(denied)
  const other = await makeKey()
  await expect(encrypt(other)).rejects.toMatchObject(denied)
})

type Contexts = readonly Record<string, string>[]
test.each<[string, Record<string, string>, Contexts, Contexts]>([
  ['EncryptionContextSubset', { a: '1' }, [{ a: '1' }, { a: '1', b: '2' }], [{}, { a: '2' }, { b: '2' }]],
  ['EncryptionContextEquals', { a: '1' }, [{ a: '1' }], [{}, { a: '1', b: '2' }, { a: '2' }]],
])('%s %j lets through what it says', async (constraint, wanted, allowed, refused) => {
  const KeyId = await makeKey()
  await grant(KeyId, ['Encrypt', 'GenerateDataKey', 'DescribeKey'], {
    Constraints: { [constraint]: wanted },
  })
  for (const context of allowed) await encrypt(KeyId, context)
  for (const context of refused) await expect(encrypt(KeyId, context)).rejects.toMatchObject(denied)
  await grantee.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: { a: '1' } }))
  // Operations without an encryption context are not constrained by it.
  await grantee.send(new DescribeKeyCommand({ KeyId }))
})

test('an explicit deny of the key policy wins over a grant', async () => {
  const KeyId = await makeKey()
  await grant(KeyId, ['Encrypt'])
  const Policy = JSON.stringify({
    Statement: [
      { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Principal: { AWS: userArn('grantee') }, Action: 'kms:Encrypt', Resource: '*' },
    ],
  })
  await owner.send(new PutKeyPolicyCommand({ KeyId, Policy }))
  await expect(encrypt(KeyId)).rejects.toMatchObject({
    ...denied,
    message: expect.stringContaining('explicit deny'),
  })
})

test('a revoked grant ends at once, and only the owner revokes', async () => {
  const KeyId = await makeKey()
  const { GrantId } = await grant(KeyId, ['Encrypt'], { Name: 'one' })
  await expect(grantee.send(new RevokeGrantCommand({ KeyId, GrantId }))).rejects.toMatchObject(denied)
  await expect(owner.send(new RevokeGrantCommand({ KeyId, GrantId, DryRun: true }))).rejects.toMatchObject({
    name: 'DryRunOperationException',
  })
  await encrypt(KeyId)
  await owner.send(new RevokeGrantCommand({ KeyId, GrantId }))
  await expect(encrypt(KeyId)).rejects.toMatchObject(denied)
  await expect(owner.send(new RevokeGrantCommand({ KeyId, GrantId }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
})

test('a grant is retired by its retiring principal, by a grantee who may, and by nobody else', async () => {
  const KeyId = await makeKey()
  const RetiringPrincipal = userArn('retirer')
  const retirable = await grant(KeyId, ['Encrypt'], { RetiringPrincipal })
  expect(
    (await owner.send(new ListRetirableGrantsCommand({ RetiringPrincipal }))).Grants?.map(
      ({ GrantId }) => GrantId,
    ),
  ).toContain(retirable.GrantId)
  await expect(
    grantee.send(new RetireGrantCommand({ GrantToken: retirable.GrantToken })),
  ).rejects.toMatchObject(denied)
  await retirer.send(new RetireGrantCommand({ GrantToken: retirable.GrantToken }))
  await expect(encrypt(KeyId)).rejects.toMatchObject(denied)

  const own = await grant(KeyId, ['Encrypt', 'RetireGrant'])
  await grantee.send(new RetireGrantCommand({ KeyId, GrantId: own.GrantId }))
  await expect(encrypt(KeyId)).rejects.toMatchObject(denied)
  await expect(retirer.send(new RetireGrantCommand({ KeyId, GrantId: own.GrantId }))).rejects.toMatchObject({
    name: 'NotFoundException',
  })
  await expect(owner.send(new RetireGrantCommand({ KeyId }))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  await expect(owner.send(new RetireGrantCommand({ GrantToken: 'nonsense' }))).rejects.toMatchObject({
    name: 'InvalidGrantTokenException',
  })
})

test('the account retires grants, leaves it to users by their own policies and not by the key’s, and can deny it', async () => {
  const allowing = (Effect: string) =>
    JSON.stringify({
      Statement: [
        { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
        {
          Effect,
          Principal: { AWS: [userArn('grantee'), userArn('retirer')] },
          Action: 'kms:RetireGrant',
          Resource: '*',
        },
      ],
    })
  const KeyId = await makeKey()
  const retire = async (
    client: KMSClient,
    more: Partial<ConstructorParameters<typeof CreateGrantCommand>[0]> = {},
  ) => {
    const { GrantId } = await grant(KeyId, ['Encrypt'], more)
    return client.send(new RetireGrantCommand({ KeyId, GrantId }))
  }
  await retire(owner)
  await retire(delegate)
  await owner.send(new PutKeyPolicyCommand({ KeyId, Policy: allowing('Allow') }))
  await expect(retire(grantee)).rejects.toMatchObject(denied)
  await retire(retirer, { RetiringPrincipal: userArn('retirer') })
  await expect(retire(deniedUser, { RetiringPrincipal: userArn('denied') })).rejects.toMatchObject(denied)
  await owner.send(new PutKeyPolicyCommand({ KeyId, Policy: allowing('Deny') }))
  await expect(retire(retirer, { RetiringPrincipal: userArn('retirer') })).rejects.toMatchObject(denied)
})

test('a grantee who may grant gives on what the grant gives, and not more', async () => {
  const KeyId = await makeKey()
  const Constraints = { EncryptionContextSubset: { a: '1' } }
  await grant(KeyId, ['CreateGrant', 'Encrypt', 'Decrypt'], { Constraints })
  const giveOn = (Operations: GrantOperation[], given: GrantConstraints | undefined) =>
    grantee.send(
      new CreateGrantCommand({
        KeyId,
        GranteePrincipal: userArn('retirer'),
        Operations,
        Constraints: given,
      }),
    )
  for (const [operations, given] of [
    [['Encrypt', 'GenerateDataKey'], Constraints],
    [['Encrypt'], undefined],
    [['Encrypt'], { EncryptionContextSubset: { a: '2' } }],
    [['Encrypt'], { EncryptionContextEquals: { b: '1' } }],
  ] as const)
    await expect(giveOn([...operations], given)).rejects.toMatchObject(denied)
  await giveOn(['Encrypt'], { EncryptionContextEquals: { a: '1', b: '2' } })
  await retirer.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { a: '1', b: '2' } }))
  await expect(
    retirer.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: { a: '1' } })),
  ).rejects.toMatchObject(denied)
})

test('grants are listed with what they say, page by page, and by grantee', async () => {
  const KeyId = await makeKey()
  const Constraints = { EncryptionContextSubset: { a: '1' } }
  for (let index = 0; index < 5; index++)
    await grant(KeyId, ['Encrypt', 'Decrypt'], { Name: `grant-${index}`, Constraints })
  await grant(KeyId, ['Decrypt'], {
    GranteePrincipal: undefined,
    GranteeServicePrincipal: 'cognito-idp.amazonaws.com',
    RetiringPrincipal: userArn('retirer'),
    Constraints: { SourceArn: `arn:aws:cognito-idp:${region}:${account}:userpool/*` },
  })
  const names: string[] = []
  let Marker: string | undefined
  do {
    const page = await owner.send(
      new ListGrantsCommand({ KeyId, Limit: 2, Marker, GranteePrincipal: userArn('grantee') }),
    )
    for (const one of page.Grants ?? []) {
      expect(one).toMatchObject({
        KeyId: `arn:aws:kms:${region}:${account}:key/${KeyId}`,
        GranteePrincipal: userArn('grantee'),
        Operations: ['Encrypt', 'Decrypt'],
        Constraints,
      })
      names.push(one.Name ?? '')
    }
    Marker = page.NextMarker
  } while (Marker !== undefined)
  expect(names.sort()).toEqual([0, 1, 2, 3, 4].map((index) => `grant-${index}`))
  const services = await owner.send(
    new ListGrantsCommand({ KeyId, GranteeServicePrincipal: 'cognito-idp.amazonaws.com' }),
  )
  expect(services.Grants).toMatchObject([{ GranteeServicePrincipal: 'cognito-idp.amazonaws.com' }])
  await expect(owner.send(new ListGrantsCommand({ KeyId, GrantId: 'none' }))).rejects.toMatchObject({
    name: 'InvalidGrantIdException',
  })
  await expect(grantee.send(new ListGrantsCommand({ KeyId }))).rejects.toMatchObject(denied)
})

test('a grant that is made again under its name is the same grant', async () => {
  const KeyId = await makeKey()
  const first = await grant(KeyId, ['Encrypt'], { Name: 'same' })
  const again = await grant(KeyId, ['Encrypt'], { Name: 'same' })
  expect(again.GrantId).toBe(first.GrantId)
  expect(again.GrantToken).not.toBe(first.GrantToken)
  for (const { GrantToken = '' } of [first, again])
    await grantee.send(new EncryptCommand({ KeyId, Plaintext, GrantTokens: [GrantToken] }))
  expect((await grant(KeyId, ['Decrypt'], { Name: 'same' })).GrantId).not.toBe(first.GrantId)
  expect((await grant(KeyId, ['Encrypt'])).GrantId).not.toBe(first.GrantId)
})

test.each([
  ['no grantee', { GranteePrincipal: undefined }, 'ValidationException'],
  ['no principal', { GranteePrincipal: 'somebody' }, 'InvalidArnException'],
  [
    'a service in the place of somebody',
    { GranteePrincipal: 'cognito-idp.amazonaws.com' },
    'InvalidArnException',
  ],
  [
    'a service in the place of somebody who retires it',
    { RetiringPrincipal: 'cognito-idp.amazonaws.com' },
    'InvalidArnException',
  ],
  ['no operation', { Operations: [] }, 'ValidationException'],
  ['an operation of other keys', { Operations: ['Sign' as const] }, 'ValidationException'],
  ['nothing but more grants', { Operations: ['CreateGrant' as const] }, 'ValidationException'],
  ['two grantees', { GranteeServicePrincipal: 'cognito-idp.amazonaws.com' }, 'ValidationException'],
  [
    'a service that nothing ties to a resource',
    {
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 'cognito-idp.amazonaws.com',
      RetiringPrincipal: userArn('retirer'),
    },
    'ValidationException',
  ],
  [
    'a service whose grant nobody retires',
    {
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 'cognito-idp.amazonaws.com',
      Constraints: { SourceArn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/*' },
    },
    'ValidationException',
  ],
  [
    'a service that is no name of one',
    {
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 'cognito-idp',
      RetiringPrincipal: userArn('retirer'),
      Constraints: { SourceArn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/*' },
    },
    'ValidationException',
  ],
  [
    'a source that is no ARN',
    {
      GranteePrincipal: undefined,
      GranteeServicePrincipal: 'cognito-idp.amazonaws.com',
      RetiringPrincipal: userArn('retirer'),
      Constraints: { SourceArn: 'arn:aws:cognito-idp:*' },
    },
    'ValidationException',
  ],
  [
    'a constraint of nine pairs',
    {
      Constraints: {
        EncryptionContextSubset: Object.fromEntries(
          Array.from({ length: 9 }, (_, index) => [`pair ${index}`, '1']),
        ),
      },
    },
    'ValidationException',
  ],
  [
    'a constraint with a long value',
    { Constraints: { EncryptionContextEquals: { a: 'b'.repeat(385) } } },
    'ValidationException',
  ],
  ['an unknown grant token', { GrantTokens: ['nonsense'] }, 'InvalidGrantTokenException'],
  ['only a trial', { DryRun: true }, 'DryRunOperationException'],
])('a grant with %s is not made', async (_what, input, name) => {
  const KeyId = await makeKey()
  await expect(grant(KeyId, ['Encrypt'], input)).rejects.toMatchObject({ name })
  expect((await owner.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([])
})

test.each([
  ['neither principal', {}, 'ValidationException'],
  [
    'both',
    { RetiringPrincipal: account, RetiringServicePrincipal: 'cognito-idp.amazonaws.com' },
    'ValidationException',
  ],
  [
    'a service, which only services may,',
    { RetiringServicePrincipal: 'cognito-idp.amazonaws.com' },
    'AccessDeniedException',
  ],
])('who asks for retirable grants by %s is refused', async (_what, input, name) => {
  await expect(owner.send(new ListRetirableGrantsCommand(input))).rejects.toMatchObject({ name })
})

test('a key that can not be used gets no grants, and a caller without permission makes none', async () => {
  const KeyId = await makeKey()
  await expect(
    grantee.send(
      new CreateGrantCommand({ KeyId, GranteePrincipal: userArn('grantee'), Operations: ['Decrypt'] }),
    ),
  ).rejects.toMatchObject(denied)
  await owner.send(new DisableKeyCommand({ KeyId }))
  await expect(grant(KeyId, ['Encrypt'])).rejects.toMatchObject({ name: 'DisabledException' })
})
