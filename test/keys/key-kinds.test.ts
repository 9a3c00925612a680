// HMAC and asymmetric keys through the AWS SDK in two Regions: each algorithm against an independent library's, related keys, what is refused.
import * as crypto from 'node:crypto'
import * as kms from '@aws-sdk/client-kms'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegions, type TestRegions } from '../support/regions.ts'

let regions: TestRegions
let east: kms.KMSClient
let west: kms.KMSClient
beforeAll(async () => {
  regions = await startRegions()
  east = regions.kms('us-east-1')
  west = regions.kms('us-west-2')
})
afterAll(() => regions.close())

const make = async (
  KeySpec: kms.KeySpec,
  KeyUsage: kms.KeyUsageType,
  more: kms.CreateKeyCommandInput = {},
) => {
  const { KeyMetadata } = await east.send(new kms.CreateKeyCommand({ KeySpec, KeyUsage, ...more }))
  return { KeyId: KeyMetadata?.KeyId ?? '', Arn: KeyMetadata?.Arn ?? '', KeyMetadata }
}
const related = async (KeySpec: kms.KeySpec, KeyUsage: kms.KeyUsageType): Promise<string> => {
  const { KeyId } = await make(KeySpec, KeyUsage, { MultiRegion: true })
  await east.send(new kms.ReplicateKeyCommand({ KeyId, ReplicaRegion: 'us-west-2' }))
  return KeyId
}
const publicKeyOf = async (KeyId: string, client = west): Promise<crypto.KeyObject> => {
  const { PublicKey } = await client.send(new kms.GetPublicKeyCommand({ KeyId }))
  return crypto.createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
}
const Message = Buffer.from('a message of the test')

test.each([
  ['HMAC_224', 'HMAC_SHA_224', 28],
  ['HMAC_256', 'HMAC_SHA_256', 32],
  ['HMAC_384', 'HMAC_SHA_384', 48],
  ['HMAC_512', 'HMAC_SHA_512', 64],
] as const)('a MAC by %s keys of one Region is valid in the other', async (KeySpec, MacAlgorithm, bytes) => {
  const KeyId = await related(KeySpec, 'GENERATE_VERIFY_MAC')
  const { Mac } = await east.send(new kms.GenerateMacCommand({ KeyId, Message, MacAlgorithm }))
  expect(Mac?.length).toBe(bytes)
  expect((await west.send(new kms.VerifyMacCommand({ KeyId, Message, MacAlgorithm, Mac }))).MacValid).toBe(
    true,
  )
  const other = Buffer.from('another message')
  await expect(
    west.send(new kms.VerifyMacCommand({ KeyId, Message: other, MacAlgorithm, Mac })),
  ).rejects.toMatchObject({ name: 'KMSInvalidMacException' })
  expect((await west.send(new kms.DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
    KeySpec,
    CustomerMasterKeySpec: KeySpec,
    KeyUsage: 'GENERATE_VERIFY_MAC',
    MacAlgorithms: [MacAlgorithm],
  })
})

const pss = {
  padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
  saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
}
const signers: readonly (readonly [kms.KeySpec, kms.SigningAlgorithmSpec, string | null, object])[] = [
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', {}],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384', {}],
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512', {}],
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256', pss],
  ['RSA_2048', 'RSASSA_PSS_SHA_384', 'sha384', pss],
  ['RSA_2048', 'RSASSA_PSS_SHA_512', 'sha512', pss],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', {}],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', {}],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', {}],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', {}],
  ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', null, {}],
  ['ML_DSA_44', 'ML_DSA_SHAKE_256', null, {}],
  ['ML_DSA_65', 'ML_DSA_SHAKE_256', null, {}],
  ['ML_DSA_87', 'ML_DSA_SHAKE_256', null, {}],
]

describe('signatures', () => {
  const made = new Map<kms.KeySpec, Promise<string>>()
  const keyOf = (spec: kms.KeySpec): Promise<string> => {
    const known = made.get(spec) ?? related(spec, 'SIGN_VERIFY')
    made.set(spec, known)
    return known
  }

  test.each(signers)('by a %s key with %s are those of the algorithm', async (spec, algorithm, hash, how) => {
    const KeyId = await keyOf(spec)
    const key = { key: await publicKeyOf(KeyId), ...how }
    const digest = hash === null ? undefined : crypto.createHash(hash).update(Message).digest()
    const forms = [
      { Message, MessageType: 'RAW' as const },
      ...(digest === undefined ? [] : [{ Message: digest, MessageType: 'DIGEST' as const }]),
    ]
    for (const signed of forms) {
      const { Signature, SigningAlgorithm } = await east.send(
        new kms.SignCommand({ KeyId, SigningAlgorithm: algorithm, ...signed }),
      )
      expect(SigningAlgorithm).toBe(algorithm)
      expect(crypto.verify(hash, Message, key, Buffer.from(Signature ?? []))).toBe(true)
      for (const verified of forms)
        expect(
          (
            await west.send(
              new kms.VerifyCommand({ KeyId, SigningAlgorithm: algorithm, Signature, ...verified }),
            )
          ).SignatureValid,
        ).toBe(true)
      const damaged = Buffer.from(Signature ?? [])
      damaged[20] = (damaged[20] ?? 0) ^ 1
      for (const verified of forms)
        await expect(
          west.send(
            new kms.VerifyCommand({ KeyId, SigningAlgorithm: algorithm, Signature: damaged, ...verified }),
          ),
        ).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' })
    }
  })
})

test('an Ed25519 key signs messages with one algorithm, and digests, hashed once more, with the other', async () => {
  const KeyId = await related('ECC_NIST_EDWARDS25519', 'SIGN_VERIFY')
  const digest = crypto.createHash('sha512').update(Message).digest()
  const signed = {
    KeyId,
    Message: digest,
    MessageType: 'DIGEST' as const,
    SigningAlgorithm: 'ED25519_PH_SHA_512' as const,
  }
  const { Signature = new Uint8Array() } = await east.send(new kms.SignCommand(signed))
  const { x } = (await publicKeyOf(KeyId)).export({ format: 'jwk' })
  expect(ed25519ph.verify(Signature, digest, Buffer.from(x ?? '', 'base64url'))).toBe(true)
  expect((await west.send(new kms.VerifyCommand({ ...signed, Signature }))).SignatureValid).toBe(true)
  const refused: readonly (readonly [Partial<typeof signed> | object, string])[] = [
    [{ MessageType: 'RAW' }, 'Algorithm ED25519_PH_SHA_512 and message type RAW are incompatible.'],
    [
      { SigningAlgorithm: 'ED25519_SHA_512' },
      'Algorithm ED25519_SHA_512 and message type DIGEST are incompatible.',
    ],
    [{ Message }, 'Digest is invalid length for algorithm ED25519_PH_SHA_512.'],
  ]
  for (const [changed, message] of refused)
    await expect(east.send(new kms.SignCommand({ ...signed, ...changed }))).rejects.toMatchObject({
      name: 'ValidationException',
      message,
    })
})

test.each([
  ['RSA_2048', 'RSAES_OAEP_SHA_1', 'sha1', 214],
  ['RSA_3072', 'RSAES_OAEP_SHA_256', 'sha256', 318],
] as const)('%s keys encrypt with %s, and take no more than fits', async (spec, algorithm, hash, most) => {
  const KeyId = await related(spec, 'ENCRYPT_DECRYPT')
  const Plaintext = crypto.randomBytes(most)
  const padding = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }
  const elsewhere = crypto.publicEncrypt({ key: await publicKeyOf(KeyId), ...padding }, Plaintext)
  const { CiphertextBlob } = await east.send(
    new kms.EncryptCommand({ KeyId, Plaintext, EncryptionAlgorithm: algorithm }),
  )
  for (const blob of [elsewhere, CiphertextBlob])
    expect(
      await west.send(
        new kms.DecryptCommand({ KeyId, CiphertextBlob: blob, EncryptionAlgorithm: algorithm }),
      ),
    ).toMatchObject({ Plaintext: new Uint8Array(Plaintext), EncryptionAlgorithm: algorithm })
  const { KeyId: symmetric } = await make('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT')
  const moved = await east.send(
    new kms.ReEncryptCommand({
      CiphertextBlob,
      SourceKeyId: KeyId,
      SourceEncryptionAlgorithm: algorithm,
      DestinationKeyId: symmetric,
    }),
  )
  const opened = await east.send(new kms.DecryptCommand({ CiphertextBlob: moved.CiphertextBlob }))
  expect(opened.Plaintext).toEqual(new Uint8Array(Plaintext))
  await expect(
    east.send(
      new kms.EncryptCommand({ KeyId, Plaintext: Buffer.alloc(most + 1), EncryptionAlgorithm: algorithm }),
    ),
  ).rejects.toMatchObject({
    name: 'ValidationException',
    message: `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${most} bytes.`,
  })
})

test.each([
  ['ECC_NIST_P256', 'prime256v1'],
  ['ECC_NIST_P384', 'secp384r1'],
  ['ECC_NIST_P521', 'secp521r1'],
] as const)('%s keys agree with keys of somebody else on a secret', async (spec, namedCurve) => {
  const KeyId = await related(spec, 'KEY_AGREEMENT')
  const theirs = crypto.generateKeyPairSync('ec', { namedCurve })
  const { SharedSecret } = await west.send(
    new kms.DeriveSharedSecretCommand({
      KeyId,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: theirs.publicKey.export({ format: 'der', type: 'spki' }),
    }),
  )
  expect(Buffer.from(SharedSecret ?? [])).toEqual(
    crypto.diffieHellman({ privateKey: theirs.privateKey, publicKey: await publicKeyOf(KeyId, east) }),
  )
  const other = crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  await expect(
    west.send(
      new kms.DeriveSharedSecretCommand({
        KeyId,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: other.export({ format: 'der', type: 'spki' }),
      }),
    ),
  ).rejects.toMatchObject({ name: 'ValidationException' })
})

test.each(['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const)(
  'a secret encapsulated under a %s key in one Region comes out in the other',
  async (spec) => {
    const KeyId = await related(spec, 'ENCAPSULATE_DECAPSULATE')
    const request = { KeyId, EncapsulationAlgorithm: 'ML_KEM' as const }
    const made = await east.send(new kms.EncapsulateCommand(request))
    const SharedSecretCiphertextBlob = made.SharedSecretCiphertextBlob ?? new Uint8Array()
    const opened = await west.send(new kms.DecapsulateCommand({ ...request, SharedSecretCiphertextBlob }))
    expect(opened.SharedSecret).toEqual(made.SharedSecret)
    expect(opened.SharedSecret?.length).toBe(32)
    const short = SharedSecretCiphertextBlob.subarray(1)
    await expect(
      west.send(new kms.DecapsulateCommand({ ...request, SharedSecretCiphertextBlob: short })),
    ).rejects.toMatchObject({ name: 'InvalidCiphertextException' })
  },
)

test('data key pairs are pairs, and their private keys open again', async () => {
  const { KeyId } = await make('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT')
  const EncryptionContext = { of: 'the test' }
  const request = { KeyId, KeyPairSpec: 'ECC_NIST_P256' as const, EncryptionContext }
  const pair = await east.send(new kms.GenerateDataKeyPairCommand(request))
  const hidden = await east.send(new kms.GenerateDataKeyPairWithoutPlaintextCommand(request))
  expect(Object.keys(hidden)).not.toContain('PrivateKeyPlaintext')
  for (const { PrivateKeyCiphertextBlob, PublicKey } of [pair, hidden]) {
    const { Plaintext } = await east.send(
      new kms.DecryptCommand({ CiphertextBlob: PrivateKeyCiphertextBlob, EncryptionContext }),
    )
    const key = crypto.createPrivateKey({ key: Buffer.from(Plaintext ?? []), format: 'der', type: 'pkcs8' })
    expect(crypto.createPublicKey(key).export({ format: 'der', type: 'spki' })).toEqual(
      Buffer.from(PublicKey ?? []),
    )
  }
  expect(pair.PrivateKeyPlaintext?.length).toBeGreaterThan(100)
})

test('an HMAC key and a signing key are imported, and only as what they are', async () => {
  const signer = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const other = crypto.generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
  const pkcs8 = ({ privateKey }: crypto.KeyPairKeyObjectResult): Buffer =>
    privateKey.export({ format: 'der', type: 'pkcs8' })
  const bring = async (KeyId: string, material: Buffer) => {
    const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
    const { PublicKey, ImportToken } = await east.send(
      new kms.GetParametersForImportCommand({ KeyId, ...wrapping }),
    )
    const key = crypto.createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' })
    const padding = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    return east.send(
      new kms.ImportKeyMaterialCommand({
        KeyId,
        ImportToken,
        EncryptedKeyMaterial: crypto.publicEncrypt({ key, ...padding }, material),
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      }),
    )
  }
  const secret = crypto.randomBytes(40)
  const mac = await make('HMAC_256', 'GENERATE_VERIFY_MAC', { Origin: 'EXTERNAL' })
  const sign = await make('ECC_NIST_P256', 'SIGN_VERIFY', { Origin: 'EXTERNAL' })
  // The private number of one pair with the public point of the other, as PKCS #8.
  const another = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const { x, y } = another.publicKey.export({ format: 'jwk' })
  const torn = pkcs8(signer)
  const point = Buffer.concat([Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')])
  point.copy(torn, torn.length - point.length)
  const wrong: readonly (readonly [string, Buffer])[] = [
    [sign.KeyId, torn],
    [mac.KeyId, crypto.randomBytes(31)],
    [sign.KeyId, crypto.randomBytes(32)],
    [sign.KeyId, pkcs8(other)],
  ]
  for (const [keyId, material] of wrong)
    await expect(bring(keyId, material)).rejects.toMatchObject({ name: 'IncorrectKeyMaterialException' })
  await bring(mac.KeyId, secret)
  await bring(sign.KeyId, pkcs8(signer))
  const made = await east.send(
    new kms.GenerateMacCommand({ KeyId: mac.KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' }),
  )
  expect(Buffer.from(made.Mac ?? [])).toEqual(crypto.createHmac('sha256', secret).update(Message).digest())
  const { Signature } = await east.send(
    new kms.SignCommand({ KeyId: sign.KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' }),
  )
  expect(crypto.verify('sha256', Message, signer.publicKey, Buffer.from(Signature ?? []))).toBe(true)
})

describe('what a key of another kind is asked', () => {
  const keys = new Map<string, Awaited<ReturnType<typeof make>>>()
  beforeAll(async () => {
    keys.set('rsa', await make('RSA_2048', 'ENCRYPT_DECRYPT'))
    keys.set('ecc', await make('ECC_NIST_P256', 'SIGN_VERIFY'))
    keys.set('hmac', await make('HMAC_256', 'GENERATE_VERIFY_MAC'))
    keys.set('aes', await make('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'))
  })
  const usage = (is: string, operation: string) =>
    `ARN key usage is ${is} which is not valid for ${operation}.`
  const Plaintext = Buffer.from('p')
  const signing = { Message, SigningAlgorithm: 'ECDSA_SHA_256' as const }
  const grant = { GranteePrincipal: 'arn:aws:iam::000000000000:root' }

  test.each<readonly [string, (KeyId: string) => unknown, string, string | undefined]>([
    [
      'ecc',
      (KeyId) => new kms.EncryptCommand({ KeyId, Plaintext }),
      'InvalidKeyUsageException',
      usage('SIGN_VERIFY', 'Encrypt'),
    ],
    [
      'rsa',
      (KeyId) => new kms.EncryptCommand({ KeyId, Plaintext }),
      'InvalidKeyUsageException',
      'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    ],
    [
      'aes',
      (KeyId) => new kms.EncryptCommand({ KeyId, Plaintext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'InvalidKeyUsageException',
      'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    ],
    [
      'aes',
      (KeyId) => new kms.SignCommand({ KeyId, ...signing }),
      'InvalidKeyUsageException',
      usage('ENCRYPT_DECRYPT', 'Sign'),
    ],
    [
      'ecc',
      (KeyId) => new kms.SignCommand({ KeyId, ...signing, SigningAlgorithm: 'ECDSA_SHA_384' }),
      'InvalidKeyUsageException',
      'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
    ],
    [
      'ecc',
      (KeyId) => new kms.SignCommand({ KeyId, ...signing, MessageType: 'DIGEST' }),
      'ValidationException',
      'Digest is invalid length for algorithm ECDSA_SHA_256.',
    ],
    [
      'ecc',
      (KeyId) =>
        new kms.SignCommand({ KeyId, ...signing, Message: Buffer.alloc(64), MessageType: 'EXTERNAL_MU' }),
      'ValidationException',
      'Algorithm ECDSA_SHA_256 and message type EXTERNAL_MU are incompatible.',
    ],
    [
      'hmac',
      (KeyId) => new kms.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }),
      'InvalidKeyUsageException',
      usage('GENERATE_VERIFY_MAC', 'GenerateDataKey'),
    ],
    [
      'rsa',
      (KeyId) => new kms.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }),
      'InvalidKeyUsageException',
      'You cannot generate a data key with an asymmetric CMK',
    ],
    [
      'aes',
      (KeyId) => new kms.GenerateMacCommand({ KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' }),
      'InvalidKeyUsageException',
      usage('ENCRYPT_DECRYPT', 'GenerateMac'),
    ],
    [
      'hmac',
      (KeyId) => new kms.GenerateMacCommand({ KeyId, Message, MacAlgorithm: 'HMAC_SHA_512' }),
      'InvalidKeyUsageException',
      'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.',
    ],
    ['aes', (KeyId) => new kms.GetPublicKeyCommand({ KeyId }), 'UnsupportedOperationException', undefined],
    [
      'ecc',
      (KeyId) => new kms.EnableKeyRotationCommand({ KeyId }),
      'UnsupportedOperationException',
      undefined,
    ],
    [
      'hmac',
      (KeyId) => new kms.RotateKeyOnDemandCommand({ KeyId }),
      'UnsupportedOperationException',
      undefined,
    ],
    [
      'ecc',
      (KeyId) => new kms.ListKeyRotationsCommand({ KeyId }),
      'UnsupportedOperationException',
      undefined,
    ],
    [
      'ecc',
      (KeyId) => new kms.CreateGrantCommand({ KeyId, ...grant, Operations: ['GenerateDataKey'] }),
      'ValidationException',
      undefined,
    ],
    [
      'ecc',
      (KeyId) =>
        new kms.CreateGrantCommand({
          KeyId,
          ...grant,
          Operations: ['Sign'],
          Constraints: { EncryptionContextSubset: { a: 'b' } },
        }),
      'ValidationException',
      undefined,
    ],
  ])('the %s key refuses it', async (which, command, name, message) => {
    const { KeyId, Arn } = keys.get(which) ?? { KeyId: '', Arn: '' }
    await expect(east.send(command(KeyId) as kms.ListKeysCommand)).rejects.toMatchObject({
      name,
      ...(message === undefined ? {} : { message: message.replace('ARN', Arn) }),
    })
  })

  test('its rotation is off, its aliases lead to its like alone, its use is kept', async () => {
    const [ecc, hmac] = [keys.get('ecc'), keys.get('hmac')]
    const status = await east.send(new kms.GetKeyRotationStatusCommand({ KeyId: ecc?.KeyId }))
    expect(status.KeyRotationEnabled).toBe(false)
    const AliasName = 'alias/of-a-kind'
    await east.send(new kms.CreateAliasCommand({ AliasName, TargetKeyId: ecc?.KeyId }))
    await expect(
      east.send(new kms.UpdateAliasCommand({ AliasName, TargetKeyId: hmac?.KeyId })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
    await east.send(new kms.SignCommand({ KeyId: AliasName, ...signing }))
    const { KeyLastUsage } = await east.send(new kms.GetKeyLastUsageCommand({ KeyId: ecc?.KeyId }))
    expect(KeyLastUsage?.Operation).toBe('Sign')
    expect(ecc?.KeyMetadata).toMatchObject({ SigningAlgorithms: ['ECDSA_SHA_256'] })
    expect(ecc?.KeyMetadata?.CurrentKeyMaterialId).toBeUndefined()
    expect(ecc?.KeyMetadata?.EncryptionAlgorithms).toBeUndefined()
  })
})

test.each([
  [
    { KeySpec: 'RSA_2048' },
    'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
  ],
  [
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' },
    'KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256',
  ],
  [{ KeyUsage: 'SIGN_VERIFY' }, 'KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT'],
] as const)('a key with %j is not made', async (input, message) => {
  await expect(east.send(new kms.CreateKeyCommand(input))).rejects.toMatchObject({
    name: 'ValidationException',
    message,
  })
})

test('an external mu is signed for no key, and the answer says that this is not built', async () => {
  const { KeyId } = await make('ML_DSA_44', 'SIGN_VERIFY')
  const mu = { Message: Buffer.alloc(64), MessageType: 'EXTERNAL_MU' as const }
  await expect(
    east.send(new kms.SignCommand({ KeyId, ...mu, SigningAlgorithm: 'ML_DSA_SHAKE_256' })),
  ).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: expect.stringContaining('external mu'),
    $metadata: { httpStatusCode: 501 },
  })
})

test('a dry run without ciphertext asks of permissions alone', async () => {
  const { KeyId } = await make('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT')
  const dry = { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT' as const] }
  const asked = [
    new kms.DecryptCommand({ KeyId, ...dry }),
    new kms.ReEncryptCommand({ SourceKeyId: KeyId, DestinationKeyId: KeyId, ...dry }),
  ]
  for (const command of asked)
    await expect(east.send(command as kms.DecryptCommand)).rejects.toMatchObject({
      name: 'DryRunOperationException',
    })
  await expect(east.send(new kms.DecryptCommand(dry))).rejects.toMatchObject({ name: 'ValidationException' })
})
