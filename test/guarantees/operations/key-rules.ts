// What provokes the errors of the key service: rules over the members that many requests share, and cases.
import { tries } from './call.ts'
import { ciphertextOf, somebody } from './key-requests.ts'
import type { KeyInput, KeyOperationName, KeyWorld } from './key-world.ts'
import type { Members } from './rows.ts'

type Change = (world: KeyWorld, request: Members) => Promise<Members>
type KeyCases = {
  readonly [Name in KeyOperationName]?: Readonly<
    Record<string, (world: KeyWorld, request: KeyInput<Name>) => Promise<KeyInput<Name>>>
  >
}

const nothing = '00000000-0000-4000-8000-000000000000'
/** The members that name a key; the first that a request has is the key that the operation is about. */
const keyMembers = ['KeyId', 'TargetKeyId', 'DestinationKeyId'] as const

const aboutKey =
  (name: (world: KeyWorld) => string) =>
  (request: Members): Change | undefined => {
    const member = keyMembers.find((one) => request[one] !== undefined)
    return member === undefined ? undefined : async (world, given) => ({ ...given, [member]: name(world) })
  }
const withMembers =
  (more: Members, needed?: string) =>
  (request: Members): Change | undefined =>
    needed !== undefined && request[needed] === undefined
      ? undefined
      : async (_, given) => ({ ...given, ...more })

/** By error: the change to a request that provokes it, where the request has what it takes. */
export const keyRules: Readonly<Record<string, (request: Members) => Change | undefined>> = {
  NotFoundException: aboutKey(() => nothing),
  InvalidArnException: aboutKey(() => 'arn:aws:kms:of-nothing'),
  KMSInvalidStateException: aboutKey(({ keys }) => keys.pendingDeletion),
  DisabledException: aboutKey(({ keys }) => keys.disabled),
  InvalidKeyUsageException: aboutKey(({ keys }) => keys.hmac),
  DryRunOperationException: withMembers({ DryRun: true }),
  InvalidGrantTokenException: withMembers({ GrantTokens: ['no token'] }),
  InvalidMarkerException: withMembers({ Marker: 'no-marker' }),
}

const tags = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ TagKey: `tag-${index}`, TagValue: '' }))
const reservedTag = [{ TagKey: 'aws:own', TagValue: '' }]
const longPolicy = 'x'.repeat(32_769)
const foreign = Buffer.from('no ciphertext of this service, which is longer than any header')
const ciphertextUnder = async (world: KeyWorld, change: 'DisableKey' | 'ScheduleKeyDeletion') => {
  const { KeyId, CiphertextBlob } = await ciphertextOf(world)
  await world.call(change, { KeyId })
  return { CiphertextBlob }
}
const external = async ({ makeExternalKey }: KeyWorld) => ({ KeyId: await makeExternalKey(true) })
const sm2 = async (_: KeyWorld, request: KeyInput<'GenerateDataKeyPair'>) =>
  ({ ...request, KeyPairSpec: 'SM2' }) as const
const notHmac = async <Input>({ makeKey }: KeyWorld, request: Input) => ({
  ...request,
  KeyId: await makeKey(),
})
/** A key as the Region of its replica has it, whose settings are the primary's. */
const ofReplica = async ({ callSecondary, keys }: KeyWorld) => {
  await callSecondary('DescribeKey', { KeyId: keys.replicated })
  return { KeyId: keys.replicated }
}

export const keyCases: KeyCases = {
  CancelKeyDeletion: { KMSInvalidStateException: async ({ makeKey }) => ({ KeyId: await makeKey() }) },
  CreateAlias: {
    AlreadyExistsException: async ({ call }, request) => {
      const named = { ...request, AliasName: 'alias/taken' }
      await call('CreateAlias', named)
      return named
    },
    LimitExceededException: async ({ call, makeKey, newAlias }) => {
      const TargetKeyId = await makeKey()
      const named = () => ({ TargetKeyId, AliasName: newAlias() })
      await tries(50, () => call('CreateAlias', named()))
      return named()
    },
  },
  CreateGrant: {
    LimitExceededException: async ({ call, makeKey }, { Operations }) => {
      const KeyId = await makeKey()
      const named = (index: number) => ({ KeyId, Operations, GranteePrincipal: `${somebody}-${index}` })
      for (let index = 0; index < 500; index += 1) await call('CreateGrant', named(index))
      return named(500)
    },
    InvalidArnException: async (_, request) => ({ ...request, GranteePrincipal: 'nobody' }),
  },
  CreateKey: {
    LimitExceededException: async () => ({ Policy: longPolicy }),
    MalformedPolicyDocumentException: async () => ({ Policy: 'no policy' }),
    TagException: async () => ({ Tags: reservedTag }),
    UnsupportedOperationException: async () => ({ Origin: 'AWS_CLOUDHSM' }),
  },
  Decrypt: {
    DisabledException: (world) => ciphertextUnder(world, 'DisableKey'),
    IncorrectKeyException: async ({ makeKey }, request) => ({ ...request, KeyId: await makeKey() }),
    InvalidCiphertextException: async () => ({ CiphertextBlob: foreign }),
    InvalidKeyUsageException: async ({ keys }, request) => ({ ...request, KeyId: keys.hmac }),
    KMSInvalidStateException: (world) => ciphertextUnder(world, 'ScheduleKeyDeletion'),
  },
  Decapsulate: {
    InvalidCiphertextException: async (_, request) => ({ ...request, SharedSecretCiphertextBlob: foreign }),
  },
  DeleteAlias: { NotFoundException: async () => ({ AliasName: 'alias/missing' }) },
  DeleteImportedKeyMaterial: {
    UnsupportedOperationException: async ({ makeKey }) => ({ KeyId: await makeKey() }),
  },
  DescribeCustomKeyStores: {
    CustomKeyStoreNotFoundException: async () => ({ CustomKeyStoreName: 'hsm' }),
  },
  DisableKeyRotation: { UnsupportedOperationException: external },
  EnableKeyRotation: { UnsupportedOperationException: external },
  GenerateDataKeyPair: { UnsupportedOperationException: sm2 },
  GenerateDataKeyPairWithoutPlaintext: { UnsupportedOperationException: sm2 },
  GenerateMac: { InvalidKeyUsageException: notHmac },
  GenerateRandom: {
    UnsupportedOperationException: async (_, request) => ({ ...request, CustomKeyStoreId: 'cks-1' }),
  },
  GetPublicKey: {
    UnsupportedOperationException: async ({ keys }, request) => ({ ...request, KeyId: keys.hmac }),
  },
  GetParametersForImport: {
    KMSInvalidStateException: async ({ call, makeExternalKey }, request) => {
      const KeyId = await makeExternalKey(false)
      await call('ScheduleKeyDeletion', { KeyId })
      return { ...request, KeyId }
    },
    UnsupportedOperationException: async ({ makeKey }, request) => ({ ...request, KeyId: await makeKey() }),
  },
  ImportKeyMaterial: {
    IncorrectKeyMaterialException: async ({ makeExternalKey, materialFor }) =>
      materialFor(await makeExternalKey(true)),
    InvalidCiphertextException: async (_, request) => ({
      ...request,
      EncryptedKeyMaterial: Buffer.alloc(256),
    }),
    InvalidImportTokenException: async (_, request) => ({ ...request, ImportToken: Buffer.alloc(256) }),
    KMSInvalidStateException: async ({ call, makeExternalKey, materialFor }) => {
      const request = await materialFor(await makeExternalKey(false))
      await call('ScheduleKeyDeletion', { KeyId: request.KeyId })
      return request
    },
    UnsupportedOperationException: async ({ makeKey }, request) => ({ ...request, KeyId: await makeKey() }),
  },
  ListGrants: {
    InvalidGrantIdException: async (_, request) => ({ ...request, GrantId: 'missing' }),
  },
  ListKeyRotations: {
    UnsupportedOperationException: async ({ keys }) => ({ KeyId: keys.hmac }),
  },
  PutKeyPolicy: {
    LimitExceededException: async (_, request) => ({ ...request, Policy: longPolicy }),
    MalformedPolicyDocumentException: async (_, request) => ({ ...request, Policy: 'no policy' }),
  },
  ReEncrypt: {
    IncorrectKeyException: async ({ makeKey }, request) => ({ ...request, SourceKeyId: await makeKey() }),
    InvalidCiphertextException: async (_, request) => ({ ...request, CiphertextBlob: foreign }),
  },
  ReplicateKey: {
    AlreadyExistsException: async ({ keys }, request) => ({ ...request, KeyId: keys.replicated }),
    LimitExceededException: async (_, request) => ({ ...request, Policy: longPolicy }),
    MalformedPolicyDocumentException: async (_, request) => ({ ...request, Policy: 'no policy' }),
    TagException: async (_, request) => ({ ...request, Tags: reservedTag }),
    UnsupportedOperationException: async ({ makeKey }, request) => ({ ...request, KeyId: await makeKey() }),
  },
  RetireGrant: {
    InvalidGrantTokenException: async () => ({ GrantToken: 'no token' }),
  },
  RotateKeyOnDemand: {
    ConflictException: async ({ call, keys }) => {
      await call('RotateKeyOnDemand', { KeyId: keys.replicated })
      return { KeyId: keys.replicated }
    },
    LimitExceededException: async ({ call, makeKey }) => {
      const KeyId = await makeKey()
      await tries(25, () => call('RotateKeyOnDemand', { KeyId }))
      return { KeyId }
    },
    UnsupportedOperationException: ofReplica,
  },
  TagResource: {
    LimitExceededException: async ({ call, makeKey }) => {
      const KeyId = await makeKey()
      await call('TagResource', { KeyId, Tags: tags(50) })
      return { KeyId, Tags: [{ TagKey: 'one more', TagValue: '' }] }
    },
    TagException: async (_, request) => ({ ...request, Tags: reservedTag }),
  },
  UpdateAlias: {},
  UpdatePrimaryRegion: {
    UnsupportedOperationException: async ({ makeKey }, request) => ({ ...request, KeyId: await makeKey() }),
  },
  Verify: {
    KMSInvalidSignatureException: async (_, request) => ({ ...request, Message: foreign }),
  },
  VerifyMac: {
    InvalidKeyUsageException: notHmac,
    KMSInvalidMacException: async (_, request) => ({ ...request, Message: foreign }),
  },
}
