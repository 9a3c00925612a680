// The material of a key by its spec: random bytes, or a private key in PKCS #8, made here or taken from its owner.
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Random } from '../telemetry/clock.ts'
import { type KeyMaterial, materialBytes, materialIdOf } from './key-material.ts'
import type { BuiltKeySpec } from './key-specs.ts'

const generate = promisify(generateKeyPair)

type PairFacts = {
  readonly make: () => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>
  /** asymmetricKeyType, and what of asymmetricKeyDetails tells the specs of one type apart. */
  readonly type: string
  readonly detail?: number | string
}
const rsa = (modulusLength: number): PairFacts => ({
  make: () => generate('rsa', { modulusLength }),
  type: 'rsa',
  detail: modulusLength,
})
const curve = (namedCurve: string): PairFacts => ({
  make: () => generate('ec', { namedCurve }),
  type: 'ec',
  detail: namedCurve,
})
type PlainType = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' | 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024'
const plain = (type: PlainType): PairFacts => ({ make: () => generate(type as never), type })

const pairs: Readonly<Partial<Record<BuiltKeySpec, PairFacts>>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: curve('prime256v1'),
  ECC_NIST_P384: curve('secp384r1'),
  ECC_NIST_P521: curve('secp521r1'),
  ECC_SECG_P256K1: curve('secp256k1'),
  ECC_NIST_EDWARDS25519: { make: () => generate('ed25519'), type: 'ed25519' },
  ML_DSA_44: plain('ml-dsa-44'),
  ML_DSA_65: plain('ml-dsa-65'),
  ML_DSA_87: plain('ml-dsa-87'),
  ML_KEM_512: plain('ml-kem-512'),
  ML_KEM_768: plain('ml-kem-768'),
  ML_KEM_1024: plain('ml-kem-1024'),
}

/** Bytes: what is made here, and what may be imported ("Requirements for imported key material", KMS Developer Guide). */
const lengths: Readonly<
  Partial<Record<BuiltKeySpec, { readonly made: number; readonly min: number; readonly max: number }>>
> = {
  SYMMETRIC_DEFAULT: { made: materialBytes, min: materialBytes, max: materialBytes },
  HMAC_224: { made: 28, min: 28, max: 64 },
  HMAC_256: { made: 32, min: 32, max: 64 },
  HMAC_384: { made: 48, min: 48, max: 128 },
  HMAC_512: { made: 64, min: 64, max: 128 },
}

/** A new key pair; undefined for a spec that has none. */
export const makePair = (spec: BuiltKeySpec): ReturnType<PairFacts['make']> | undefined => pairs[spec]?.make()

export const pkcs8Of = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' })
export const spkiOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })

export const makeMaterial = async (
  spec: BuiltKeySpec,
  keyId: string,
  random: Random,
): Promise<KeyMaterial> => {
  const pair = await makePair(spec)
  const bytes = pair === undefined ? random.bytes(lengths[spec]?.made ?? 0) : pkcs8Of(pair.privateKey)
  return { id: materialIdOf(keyId, bytes), bytes: bytes.toString('base64') }
}

/** Whether imported bytes can be the material of a key of this spec. */
export const fitsSpec = (spec: BuiltKeySpec, bytes: Buffer): boolean => {
  const length = lengths[spec]
  if (length !== undefined) return bytes.length >= length.min && bytes.length <= length.max
  const wanted = pairs[spec]
  let key: KeyObject
  try {
    key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
  } catch {
    // What is no PKCS #8 is told apart from nothing else: the caller is told that it does not fit.
    return false
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  return key.asymmetricKeyType === wanted?.type && (modulusLength ?? namedCurve) === wanted?.detail
}
