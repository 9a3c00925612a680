// The material of a key by its spec: random bytes, or a private key in PKCS #8, made here or taken from its owner.
import {
  createPrivateKey,
  createPublicKey,
  decapsulate,
  encapsulate,
  generateKeyPair,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
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
  /** What its signatures hash with; `null` where they hash within, absent where it makes none. */
  readonly hash?: 'sha256' | null
}
const rsa = (modulusLength: number): PairFacts => ({
  make: () => generate('rsa', { modulusLength }),
  type: 'rsa',
  detail: modulusLength,
  hash: 'sha256',
})
const curve = (namedCurve: string): PairFacts => ({
  make: () => generate('ec', { namedCurve }),
  type: 'ec',
  detail: namedCurve,
  hash: 'sha256',
})
const mlDsa = (type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'): PairFacts => ({
  make: () => generate(type as never),
  type,
  hash: null,
})
const mlKem = (type: 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024'): PairFacts => ({
  make: () => generate(type as never),
  type,
})

const pairs: Readonly<Partial<Record<BuiltKeySpec, PairFacts>>> = {
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: curve('prime256v1'),
  ECC_NIST_P384: curve('secp384r1'),
  ECC_NIST_P521: curve('secp521r1'),
  ECC_SECG_P256K1: curve('secp256k1'),
  ECC_NIST_EDWARDS25519: { make: () => generate('ed25519'), type: 'ed25519', hash: null },
  ML_DSA_44: mlDsa('ml-dsa-44'),
  ML_DSA_65: mlDsa('ml-dsa-65'),
  ML_DSA_87: mlDsa('ml-dsa-87'),
  ML_KEM_512: mlKem('ml-kem-512'),
  ML_KEM_768: mlKem('ml-kem-768'),
  ML_KEM_1024: mlKem('ml-kem-1024'),
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

/** Whether the private key is that of the public key which it brings along: the library does not ask when it reads them. */
const isPair = (privateKey: KeyObject, { hash }: PairFacts): boolean => {
  const publicKey = createPublicKey(privateKey)
  if (hash === undefined) {
    const { sharedKey, ciphertext } = encapsulate(publicKey)
    return decapsulate(privateKey, ciphertext).equals(sharedKey)
  }
  const message = Buffer.from('a pairwise consistency test')
  return verify(hash, message, publicKey, sign(hash, message, privateKey))
}

/** Whether imported bytes can be the material of a key of this spec. */
export const fitsSpec = (spec: BuiltKeySpec, bytes: Buffer): boolean => {
  const length = lengths[spec]
  if (length !== undefined) return bytes.length >= length.min && bytes.length <= length.max
  const wanted = pairs[spec]
  if (wanted === undefined) return false
  try {
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
    const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
    const isOfSpec = key.asymmetricKeyType === wanted.type && (modulusLength ?? namedCurve) === wanted.detail
    return isOfSpec && isPair(key, wanted)
  } catch {
    // No PKCS #8, or numbers that the library can't reckon with: either way the caller is told that it does not fit.
    return false
  }
}
