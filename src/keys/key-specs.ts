// Which key specs there are, what each may be used for, and the algorithms of each use ("Key spec reference", KMS Developer Guide).
import type { KeyMetadata, KeySpec, KeyUsageType } from '@aws-sdk/client-kms'
import { Fault } from '../wire/fault.ts'
import { notThere } from './not-there.ts'

export type Algorithms = Pick<
  KeyMetadata,
  | 'EncryptionAlgorithms'
  | 'SigningAlgorithms'
  | 'MacAlgorithms'
  | 'KeyAgreementAlgorithms'
  | 'EncapsulationAlgorithms'
>
export type KeyKind = 'symmetric' | 'hmac' | 'asymmetric'
type SpecFacts = {
  readonly kind: KeyKind
  readonly usages: Readonly<Partial<Record<KeyUsageType, Algorithms>>>
}

const hmac = (algorithm: NonNullable<Algorithms['MacAlgorithms']>[number]): SpecFacts => ({
  kind: 'hmac',
  usages: { GENERATE_VERIFY_MAC: { MacAlgorithms: [algorithm] } },
})
const rsa: SpecFacts = {
  kind: 'asymmetric',
  usages: {
    ENCRYPT_DECRYPT: { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] },
    SIGN_VERIFY: {
      SigningAlgorithms: [
        'RSASSA_PKCS1_V1_5_SHA_256',
        'RSASSA_PKCS1_V1_5_SHA_384',
        'RSASSA_PKCS1_V1_5_SHA_512',
        'RSASSA_PSS_SHA_256',
        'RSASSA_PSS_SHA_384',
        'RSASSA_PSS_SHA_512',
      ],
    },
  },
}
type SigningAlgorithm = NonNullable<Algorithms['SigningAlgorithms']>[number]
const signing = (...algorithms: SigningAlgorithm[]): SpecFacts => ({
  kind: 'asymmetric',
  usages: { SIGN_VERIFY: { SigningAlgorithms: algorithms } },
})
const nistCurve = (algorithm: SigningAlgorithm): SpecFacts => ({
  kind: 'asymmetric',
  usages: {
    SIGN_VERIFY: { SigningAlgorithms: [algorithm] },
    KEY_AGREEMENT: { KeyAgreementAlgorithms: ['ECDH'] },
  },
})
const mlKem: SpecFacts = {
  kind: 'asymmetric',
  usages: { ENCAPSULATE_DECAPSULATE: { EncapsulationAlgorithms: ['ML_KEM'] } },
}

const facts: Readonly<Record<Exclude<KeySpec, 'SM2'>, SpecFacts>> = {
  SYMMETRIC_DEFAULT: {
    kind: 'symmetric',
    usages: { ENCRYPT_DECRYPT: { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] } },
  },
  HMAC_224: hmac('HMAC_SHA_224'),
  HMAC_256: hmac('HMAC_SHA_256'),
  HMAC_384: hmac('HMAC_SHA_384'),
  HMAC_512: hmac('HMAC_SHA_512'),
  RSA_2048: rsa,
  RSA_3072: rsa,
  RSA_4096: rsa,
  ECC_NIST_P256: nistCurve('ECDSA_SHA_256'),
  ECC_NIST_P384: nistCurve('ECDSA_SHA_384'),
  ECC_NIST_P521: nistCurve('ECDSA_SHA_512'),
  ECC_SECG_P256K1: signing('ECDSA_SHA_256'),
  ECC_NIST_EDWARDS25519: signing('ED25519_SHA_512', 'ED25519_PH_SHA_512'),
  ML_DSA_44: signing('ML_DSA_SHAKE_256'),
  ML_DSA_65: signing('ML_DSA_SHAKE_256'),
  ML_DSA_87: signing('ML_DSA_SHAKE_256'),
  ML_KEM_512: mlKem,
  ML_KEM_768: mlKem,
  ML_KEM_1024: mlKem,
}

export type BuiltKeySpec = keyof typeof facts

/** What a key is for; a record without spec and usage is a symmetric encryption key. */
export type KeyPurpose = { readonly spec?: BuiltKeySpec; readonly usage?: KeyUsageType }

export const specOf = ({ spec = 'SYMMETRIC_DEFAULT' }: KeyPurpose): BuiltKeySpec => spec
export const usageOf = ({ usage = 'ENCRYPT_DECRYPT' }: KeyPurpose): KeyUsageType => usage
export const kindOf = (purpose: KeyPurpose): KeyKind => facts[specOf(purpose)].kind
export const isSymmetricEncryption = (purpose: KeyPurpose): boolean => kindOf(purpose) === 'symmetric'
export const algorithmsOf = (purpose: KeyPurpose): Algorithms =>
  facts[specOf(purpose)].usages[usageOf(purpose)] ?? {}

/** Throws ValidationException for a usage that keys of the spec have not, UnsupportedOperationException for what is not built. */
export const requirePurpose = (
  spec: KeySpec = 'SYMMETRIC_DEFAULT',
  given: KeyUsageType | undefined,
): Required<KeyPurpose> => {
  if (spec === 'SM2') throw notThere('SM2 keys (China Regions only)')
  if (given === undefined && spec !== 'SYMMETRIC_DEFAULT')
    throw new Fault(
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    )
  const usage = given ?? 'ENCRYPT_DECRYPT'
  if (facts[spec].usages[usage] === undefined)
    throw new Fault('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`)
  return { spec, usage }
}
