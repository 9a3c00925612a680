// A request that succeeds for each operation of the key service that is built.
import { keyOperations } from '../../../src/keys/operations/registry.ts'
import { account } from '../../support/regions.ts'
import { secondaryRegion } from '../../support/replicated-pool.ts'
import { required } from './call.ts'
import type { KeyInput, KeyOperationName, KeyWorld } from './key-world.ts'

/** By what is built: an operation that is built without a request here fails the walk. */
export type KeyRequests = {
  readonly [Name in KeyOperationName]?: (world: KeyWorld) => Promise<KeyInput<Name>>
}

export const somebody = `arn:aws:iam::${account}:user/somebody`
export const plaintext = Buffer.from('a plaintext of the test')

const key = async ({ makeKey }: KeyWorld) => ({ KeyId: await makeKey() })
export const ciphertextOf = async ({ call, makeKey }: Pick<KeyWorld, 'call' | 'makeKey'>) => {
  const KeyId = await makeKey()
  const { CiphertextBlob } = await call('Encrypt', { KeyId, Plaintext: plaintext })
  return { KeyId, CiphertextBlob: required(CiphertextBlob) }
}
const message = { Message: plaintext }
const signed = { ...message, SigningAlgorithm: 'ECDSA_SHA_256' } as const
const mac = { ...message, MacAlgorithm: 'HMAC_SHA_256' } as const
const encapsulated = { EncapsulationAlgorithm: 'ML_KEM' } as const
const signer = ({ makeKey }: KeyWorld) => makeKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
const agreement = ({ makeKey }: KeyWorld) => makeKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
const kem = ({ makeKey }: KeyWorld) => makeKey({ KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' })
const hmac = ({ makeKey }: KeyWorld) => makeKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
const keyPair = async ({ makeKey }: KeyWorld) =>
  ({ KeyId: await makeKey(), KeyPairSpec: 'ECC_NIST_P256' }) as const
const alias = async ({ call, makeKey, newAlias }: KeyWorld) => {
  const named = { AliasName: newAlias(), TargetKeyId: await makeKey() }
  await call('CreateAlias', named)
  return named
}
const grant = async ({ call, makeKey }: KeyWorld) => {
  const KeyId = await makeKey()
  const { GrantId } = await call('CreateGrant', {
    KeyId,
    GranteePrincipal: somebody,
    Operations: ['Encrypt'],
  })
  return { KeyId, GrantId: required(GrantId) }
}

export const keyRequests: KeyRequests = {
  CancelKeyDeletion: async ({ call, makeKey }) => {
    const KeyId = await makeKey()
    await call('ScheduleKeyDeletion', { KeyId })
    return { KeyId }
  },
  CreateAlias: async ({ makeKey, newAlias }) => ({ AliasName: newAlias(), TargetKeyId: await makeKey() }),
  CreateGrant: async ({ makeKey }) => ({
    KeyId: await makeKey(),
    GranteePrincipal: somebody,
    Operations: ['Encrypt'],
  }),
  CreateKey: async () => ({}),
  Decrypt: ciphertextOf,
  Decapsulate: async (world) => {
    const request = { KeyId: await kem(world), ...encapsulated }
    const { SharedSecretCiphertextBlob } = await world.call('Encapsulate', request)
    return { ...request, SharedSecretCiphertextBlob }
  },
  DeleteAlias: async (world) => ({ AliasName: (await alias(world)).AliasName }),
  DeleteImportedKeyMaterial: async ({ makeExternalKey }) => ({ KeyId: await makeExternalKey(true) }),
  DeriveSharedSecret: async (world) => {
    const { PublicKey } = await world.call('GetPublicKey', { KeyId: await agreement(world) })
    return { KeyId: await agreement(world), KeyAgreementAlgorithm: 'ECDH', PublicKey }
  },
  DescribeCustomKeyStores: async () => ({}),
  DescribeKey: key,
  DisableKey: key,
  DisableKeyRotation: key,
  EnableKey: key,
  EnableKeyRotation: key,
  Encapsulate: async (world) => ({ KeyId: await kem(world), ...encapsulated }),
  Encrypt: async ({ makeKey }) => ({ KeyId: await makeKey(), Plaintext: plaintext }),
  GenerateDataKey: async ({ makeKey }) => ({ KeyId: await makeKey(), KeySpec: 'AES_256' }),
  GenerateDataKeyPair: keyPair,
  GenerateDataKeyPairWithoutPlaintext: keyPair,
  GenerateDataKeyWithoutPlaintext: async ({ makeKey }) => ({ KeyId: await makeKey(), KeySpec: 'AES_256' }),
  GenerateMac: async (world) => ({ KeyId: await hmac(world), ...mac }),
  GenerateRandom: async () => ({ NumberOfBytes: 16 }),
  GetKeyLastUsage: key,
  GetKeyPolicy: key,
  GetKeyRotationStatus: key,
  GetParametersForImport: async ({ makeExternalKey }) => ({
    KeyId: await makeExternalKey(false),
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  }),
  GetPublicKey: async (world) => ({ KeyId: await signer(world) }),
  ImportKeyMaterial: async ({ makeExternalKey, materialFor }) => materialFor(await makeExternalKey(false)),
  ListAliases: key,
  ListGrants: key,
  ListKeyPolicies: key,
  ListKeyRotations: key,
  ListKeys: async () => ({}),
  ListResourceTags: key,
  ListRetirableGrants: async () => ({ RetiringPrincipal: somebody }),
  PutKeyPolicy: async ({ call, makeKey }) => {
    const KeyId = await makeKey()
    return { KeyId, Policy: (await call('GetKeyPolicy', { KeyId })).Policy }
  },
  ReEncrypt: async (world) => {
    const { KeyId, CiphertextBlob } = await ciphertextOf(world)
    return { CiphertextBlob, SourceKeyId: KeyId, DestinationKeyId: await world.makeKey() }
  },
  ReplicateKey: async ({ makeKey }) => ({
    KeyId: await makeKey({ MultiRegion: true }),
    ReplicaRegion: secondaryRegion,
  }),
  RetireGrant: grant,
  RevokeGrant: grant,
  RotateKeyOnDemand: key,
  ScheduleKeyDeletion: key,
  Sign: async (world) => ({ KeyId: await signer(world), ...signed }),
  TagResource: async ({ makeKey }) => ({
    KeyId: await makeKey(),
    Tags: [{ TagKey: 'team', TagValue: 'quarry' }],
  }),
  UntagResource: async ({ makeKey }) => ({ KeyId: await makeKey(), TagKeys: ['team'] }),
  UpdateAlias: async (world) => ({ ...(await alias(world)), TargetKeyId: await world.makeKey() }),
  UpdateKeyDescription: async ({ makeKey }) => ({ KeyId: await makeKey(), Description: 'described' }),
  UpdatePrimaryRegion: async ({ call, makeKey }) => {
    const KeyId = await makeKey({ MultiRegion: true })
    await call('ReplicateKey', { KeyId, ReplicaRegion: secondaryRegion })
    return { KeyId, PrimaryRegion: secondaryRegion }
  },
  Verify: async (world) => {
    const request = { KeyId: await signer(world), ...signed }
    return { ...request, Signature: (await world.call('Sign', request)).Signature }
  },
  VerifyMac: async (world) => {
    const request = { KeyId: await hmac(world), ...mac }
    return { ...request, Mac: (await world.call('GenerateMac', request)).Mac }
  },
}

export const builtKeyOperations = keyOperations.map(({ name }) => name as KeyOperationName)
