// What somebody tries who has a little and wants more: grants in another Region or under another name, tokens of other keys, changed ciphertext, a service's headers.
import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import * as kms from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, startRegions, type TestRegions } from '../support/regions.ts'

const [eastern, western] = ['us-east-1', 'us-west-2'] as const
const attacker = { accessKeyId: 'AKIDATTACKER', secretAccessKey: 'the attacker signs with this' }
const attackerArn = `arn:aws:iam::${account}:user/attacker`
const poolArn = `arn:aws:cognito-idp:${eastern}:${account}:userpool/${eastern}_Ab12Cd34E`

let regions: TestRegions
let owner: kms.KMSClient
let east: kms.KMSClient
let west: kms.KMSClient
beforeAll(async () => {
  regions = await startRegions([eastern, western], { users: [{ ...attacker, userName: 'attacker' }] })
  const as = (region: string) =>
    new kms.KMSClient({
      region,
      endpoint: regions.origins[region] ?? '',
      credentials: attacker,
      maxAttempts: 1,
    })
  owner = regions.kms(eastern)
  east = as(eastern)
  west = as(western)
})
afterAll(() => regions.close())

const Plaintext = Buffer.from('a plaintext of the test')
const denied = { name: 'AccessDeniedException' }
const makeKey = async (input: kms.CreateKeyCommandInput = {}): Promise<string> =>
  (await owner.send(new kms.CreateKeyCommand(input))).KeyMetadata?.KeyId ?? ''
const grant = (KeyId: string, more: Partial<kms.CreateGrantCommandInput> = {}) =>
  owner.send(
    new kms.CreateGrantCommand({ KeyId, GranteePrincipal: attackerArn, Operations: ['Encrypt'], ...more }),
  )

test('a grant is of one Region: its grantee has nothing of the related key, nor by a token of it', async () => {
  const KeyId = await makeKey({ MultiRegion: true })
  await owner.send(new kms.ReplicateKeyCommand({ KeyId, ReplicaRegion: western }))
  const { GrantToken = '' } = await grant(KeyId)
  await east.send(new kms.EncryptCommand({ KeyId, Plaintext }))
  await expect(west.send(new kms.EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject(denied)
  await expect(
    west.send(new kms.EncryptCommand({ KeyId, Plaintext, GrantTokens: [GrantToken] })),
  ).rejects.toMatchObject({ name: 'InvalidGrantTokenException' })
})

test('a grant token is worth nothing with another key, for another operation, or once its grant has ended', async () => {
  const [KeyId, other] = [await makeKey(), await makeKey()]
  const { GrantToken = '', GrantId } = await grant(KeyId)
  const GrantTokens = [GrantToken]
  await expect(
    east.send(new kms.EncryptCommand({ KeyId: other, Plaintext, GrantTokens })),
  ).rejects.toMatchObject(denied)
  await expect(
    east.send(new kms.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', GrantTokens })),
  ).rejects.toMatchObject(denied)
  await owner.send(new kms.RevokeGrantCommand({ KeyId, GrantId }))
  await expect(east.send(new kms.EncryptCommand({ KeyId, Plaintext, GrantTokens }))).rejects.toMatchObject({
    name: 'InvalidGrantTokenException',
  })
  await expect(east.send(new kms.EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject(denied)
})

test('whoever knows a grant’s ID and token without being named in it retires nothing', async () => {
  const KeyId = await makeKey()
  const elsewhere = { GranteePrincipal: `arn:aws:iam::${account}:user/somebody` }
  const { GrantToken, GrantId } = await grant(KeyId, elsewhere)
  for (const named of [{ GrantToken }, { KeyId, GrantId }])
    await expect(east.send(new kms.RetireGrantCommand(named))).rejects.toMatchObject(denied)
  expect((await owner.send(new kms.ListGrantsCommand({ KeyId }))).Grants).toHaveLength(1)
})

test('no changed, cut or lengthened ciphertext opens', async () => {
  const KeyId = await makeKey()
  const { CiphertextBlob = new Uint8Array() } = await owner.send(new kms.EncryptCommand({ KeyId, Plaintext }))
  const open = (blob: Uint8Array, named = {}) =>
    owner.send(new kms.DecryptCommand({ CiphertextBlob: blob, ...named }))
  const changes = Array.from(CiphertextBlob, (_, place) => {
    const changed = Buffer.from(CiphertextBlob)
    changed[place] = (changed[place] ?? 0) ^ (1 << (place % 8))
    return changed
  })
  const cuts = [1, 2, 20, 38, 60].map((length) => CiphertextBlob.subarray(0, length))
  const refusals = /^(InvalidCiphertextException|IncorrectKeyException|AccessDeniedException)$/
  for (const blob of [...changes, ...cuts, Buffer.concat([CiphertextBlob, Buffer.alloc(1)])])
    for (const named of [{}, { KeyId }])
      await expect(open(blob, named)).rejects.toMatchObject({ name: expect.stringMatching(refusals) })
  await expect(open(CiphertextBlob)).resolves.toBeDefined()
})

test('ciphertext that says it is of another key does not open under that key', async () => {
  const [KeyId, other] = [await makeKey(), await makeKey()]
  const { CiphertextBlob = new Uint8Array() } = await owner.send(new kms.EncryptCommand({ KeyId, Plaintext }))
  const renamed = Buffer.from(CiphertextBlob)
  renamed.write(other, renamed.indexOf(KeyId), 'latin1')
  await expect(owner.send(new kms.DecryptCommand({ CiphertextBlob: renamed }))).rejects.toMatchObject({
    name: 'InvalidCiphertextException',
  })
})

test('an import token is of one key, one Region and one algorithm, and none that was changed', async () => {
  const KeyId = await makeKey({ Origin: 'EXTERNAL', MultiRegion: true })
  const material = randomBytes(32)
  const parametersOf = (WrappingAlgorithm: kms.AlgorithmSpec) =>
    owner.send(
      new kms.GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' }),
    )
  const wrapped = (publicKey: Uint8Array = new Uint8Array(), oaepHash: string) => {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    return publicEncrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, material)
  }
  const importInto = (client: kms.KMSClient, ImportToken: Uint8Array, EncryptedKeyMaterial: Uint8Array) =>
    client.send(
      new kms.ImportKeyMaterialCommand({
        KeyId,
        ImportToken,
        EncryptedKeyMaterial,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      }),
    )
  const { ImportToken = new Uint8Array(), PublicKey } = await parametersOf('RSAES_OAEP_SHA_256')
  const right = wrapped(PublicKey, 'sha256')
  await expect(importInto(owner, ImportToken, wrapped(PublicKey, 'sha1'))).rejects.toMatchObject({
    name: 'InvalidCiphertextException',
  })
  const second = await parametersOf('RSA_AES_KEY_WRAP_SHA_256')
  await expect(
    importInto(owner, second.ImportToken ?? ImportToken, wrapped(second.PublicKey, 'sha256')),
  ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
  await expect(importInto(owner, second.ImportToken ?? ImportToken, right)).rejects.toMatchObject({
    name: 'InvalidCiphertextException',
  })
  const changed = Buffer.from(ImportToken)
  changed[40] = (changed[40] ?? 0) ^ 1
  for (const token of [changed, ImportToken.subarray(0, 30)])
    await expect(importInto(owner, token, right)).rejects.toMatchObject({
      name: 'InvalidImportTokenException',
    })
  await expect(importInto(east, ImportToken, right)).rejects.toMatchObject(denied)
  await importInto(owner, ImportToken, right)
  await owner.send(new kms.ReplicateKeyCommand({ KeyId, ReplicaRegion: western }))
  await expect(importInto(regions.kms(western), ImportToken, right)).rejects.toMatchObject({
    name: 'InvalidImportTokenException',
  })
})

test('a user who sends a service’s headers is no service, and brings no source', async () => {
  const open = (Principal: object, Condition: object = {}) =>
    makeKey({
      Policy: JSON.stringify({
        Statement: [
          { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
          { Effect: 'Allow', Principal, Action: 'kms:Encrypt', Resource: '*', Condition },
        ],
      }),
    })
  const forging = new kms.KMSClient({
    region: eastern,
    endpoint: regions.origins[eastern] ?? '',
    credentials: attacker,
    maxAttempts: 1,
  })
  forging.middlewareStack.add(
    (next) => (given) => {
      const { headers } = given.request as { headers: Record<string, string> }
      headers['x-amz-source-arn'] = poolArn
      headers['x-amz-source-account'] = account
      return next(given)
    },
    { step: 'build', name: 'forgedSource' },
  )
  const ofSource = { ArnEquals: { 'aws:SourceArn': poolArn }, StringEquals: { 'aws:SourceAccount': account } }
  for (const KeyId of [
    await open({ Service: 'cognito-idp.amazonaws.com' }),
    await open({ AWS: attackerArn }, ofSource),
    await open({ AWS: attackerArn }, { Bool: { 'aws:PrincipalIsAWSService': 'true' } }),
  ])
    await expect(forging.send(new kms.EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject(denied)
  const KeyId = await open({ AWS: attackerArn })
  await expect(forging.send(new kms.EncryptCommand({ KeyId, Plaintext }))).resolves.toBeDefined()
})

test('an alias leads to its key’s policy, and who may not use both keys moves it nowhere', async () => {
  const lets = (...actions: string[]) =>
    JSON.stringify({
      Statement: [
        { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' },
        { Effect: 'Allow', Principal: { AWS: attackerArn }, Action: actions, Resource: '*' },
      ],
    })
  const [secret, own] = [await makeKey(), await makeKey({ Policy: lets('kms:*') })]
  await owner.send(new kms.CreateAliasCommand({ AliasName: 'alias/secret', TargetKeyId: secret }))
  for (const KeyId of ['alias/secret', `arn:aws:kms:${eastern}:${account}:alias/secret`])
    await expect(east.send(new kms.EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject(denied)
  for (const command of [
    new kms.UpdateAliasCommand({ AliasName: 'alias/secret', TargetKeyId: own }),
    new kms.DeleteAliasCommand({ AliasName: 'alias/secret' }),
    new kms.CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: secret }),
  ])
    await expect(east.send(command as kms.DeleteAliasCommand)).rejects.toMatchObject(denied)
})
