// Signatures by a key's algorithm, over messages or over digests of them ("Sign", KMS API Reference).
import { constants, type KeyObject, sign, verify } from 'node:crypto'
import type { MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import type { Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { signEcdsaDigest, verifyEcdsaDigest } from './ecdsa-digest.ts'
import { notThere } from './not-there.ts'
import {
  type RsaHash,
  signPkcs1Digest,
  signPssDigest,
  verifyPkcs1Digest,
  verifyPssDigest,
} from './rsa-digest.ts'

/** How one algorithm signs; `null` for those that hash within ("pure"). */
type Scheme = {
  readonly hash: RsaHash | null
  readonly options?: { readonly padding: number; readonly saltLength?: number }
  /** Absent where only whole messages are signed. */
  readonly ofDigest?: {
    sign(key: KeyObject, digest: Uint8Array, random: Random): Buffer
    verify(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean
  }
}

const pkcs1 = (hash: RsaHash): Scheme => ({
  hash,
  options: { padding: constants.RSA_PKCS1_PADDING },
  ofDigest: {
    sign: (key, digest) => signPkcs1Digest(key, hash, digest),
    verify: (key, digest, signature) => verifyPkcs1Digest(key, hash, digest, signature),
  },
})
const pss = (hash: RsaHash): Scheme => ({
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ofDigest: {
    sign: (key, digest, random) => signPssDigest(key, hash, digest, random),
    verify: (key, digest, signature) => verifyPssDigest(key, hash, digest, signature),
  },
})
const ecdsa = (hash: RsaHash): Scheme => ({
  hash,
  ofDigest: { sign: signEcdsaDigest, verify: verifyEcdsaDigest },
})

const schemes: Readonly<Partial<Record<SigningAlgorithmSpec, Scheme>>> = {
  RSASSA_PKCS1_V1_5_SHA_256: pkcs1('sha256'),
  RSASSA_PKCS1_V1_5_SHA_384: pkcs1('sha384'),
  RSASSA_PKCS1_V1_5_SHA_512: pkcs1('sha512'),
  RSASSA_PSS_SHA_256: pss('sha256'),
  RSASSA_PSS_SHA_384: pss('sha384'),
  RSASSA_PSS_SHA_512: pss('sha512'),
  ECDSA_SHA_256: ecdsa('sha256'),
  ECDSA_SHA_384: ecdsa('sha384'),
  ECDSA_SHA_512: ecdsa('sha512'),
  ED25519_SHA_512: { hash: null },
  ML_DSA_SHAKE_256: { hash: null },
}

const digestBytes: Readonly<Record<RsaHash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

export type Signed = {
  readonly algorithm: SigningAlgorithmSpec
  readonly message: Uint8Array
  readonly type: MessageType
}

const schemeOf = (algorithm: SigningAlgorithmSpec): Scheme => {
  const scheme = schemes[algorithm]
  if (scheme === undefined) throw new Error(`${algorithm} is no algorithm of a key spec`)
  return scheme
}

/** The scheme's way with digests where that was asked for. Throws ValidationException for what is no digest of the algorithm. */
const digestWayOf = ({ algorithm, message, type }: Signed): Scheme['ofDigest'] => {
  if (type === 'RAW') return undefined
  if (type === 'EXTERNAL_MU') throw notThere('Signatures of an external mu')
  const { hash, ofDigest } = schemeOf(algorithm)
  if (hash === null || ofDigest === undefined)
    throw new Fault(
      'ValidationException',
      `MessageType ${type} is not valid for algorithm ${algorithm}: it signs messages.`,
    )
  if (message.length !== digestBytes[hash])
    throw new Fault('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`)
  return ofDigest
}

/** Throws ValidationException. */
export const signatureOf = (key: KeyObject, signed: Signed, random: Random): Buffer => {
  const ofDigest = digestWayOf(signed)
  if (ofDigest !== undefined) return ofDigest.sign(key, signed.message, random)
  const { hash, options = {} } = schemeOf(signed.algorithm)
  return sign(hash, signed.message, { key, ...options })
}

/** Throws ValidationException; a signature that is none is not valid. */
export const isSignature = (key: KeyObject, signed: Signed, signature: Uint8Array): boolean => {
  const ofDigest = digestWayOf(signed)
  if (ofDigest !== undefined) return ofDigest.verify(key, signed.message, signature)
  const { hash, options = {} } = schemeOf(signed.algorithm)
  return verify(hash, signed.message, { key, ...options }, signature)
}
