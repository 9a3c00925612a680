// Signatures by a key's algorithm, over messages or over digests of them ("Sign", KMS API Reference).
import { constants, type KeyObject, sign, verify } from 'node:crypto'
import type { MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import type { Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { signEcdsaDigest, verifyEcdsaDigest } from './ecdsa-digest.ts'
import { signEd25519ph, verifyEd25519ph } from './ed25519ph.ts'
import { notThere } from './not-there.ts'
import {
  isAsLongAsModulus,
  type RsaHash,
  signPkcs1Digest,
  signPssDigest,
  verifyPkcs1Digest,
  verifyPssDigest,
} from './rsa-digest.ts'

/** How one algorithm signs. */
type Scheme = {
  /** Of whole messages, by Node's crypto: the hash is `null` for algorithms that hash within ("pure"). Absent where only digests are signed. */
  readonly ofMessage?: {
    readonly hash: RsaHash | null
    readonly options?: { readonly padding: number; readonly saltLength?: number }
  }
  /** Absent where only whole messages are signed. */
  readonly ofDigest?: {
    readonly bytes: number
    sign(key: KeyObject, digest: Uint8Array, random: Random): Buffer
    verify(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean
  }
}

const digestBytes: Readonly<Record<RsaHash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

const pkcs1 = (hash: RsaHash): Scheme => ({
  ofMessage: { hash, options: { padding: constants.RSA_PKCS1_PADDING } },
  ofDigest: {
    bytes: digestBytes[hash],
    sign: (key, digest) => signPkcs1Digest(key, hash, digest),
    verify: (key, digest, signature) => verifyPkcs1Digest(key, hash, digest, signature),
  },
})
const pss = (hash: RsaHash): Scheme => ({
  ofMessage: {
    hash,
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  ofDigest: {
    bytes: digestBytes[hash],
    sign: (key, digest, random) => signPssDigest(key, hash, digest, random),
    verify: (key, digest, signature) => verifyPssDigest(key, hash, digest, signature),
  },
})
const ecdsa = (hash: RsaHash): Scheme => ({
  ofMessage: { hash },
  ofDigest: { bytes: digestBytes[hash], sign: signEcdsaDigest, verify: verifyEcdsaDigest },
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
  ED25519_SHA_512: { ofMessage: { hash: null } },
  ED25519_PH_SHA_512: {
    ofDigest: { bytes: digestBytes.sha512, sign: signEd25519ph, verify: verifyEd25519ph },
  },
  ML_DSA_SHAKE_256: { ofMessage: { hash: null } },
}

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

/** The scheme's way with what was given. Throws ValidationException for a type that the algorithm does not sign, or what is no digest of it. */
const wayOf = ({ algorithm, message, type }: Signed): Pick<Scheme, 'ofMessage' | 'ofDigest'> => {
  if (type === 'EXTERNAL_MU' && algorithm === 'ML_DSA_SHAKE_256')
    throw notThere('Signatures of an external mu')
  const { ofMessage, ofDigest } = schemeOf(algorithm)
  const ways: Readonly<Record<MessageType, object | undefined>> = {
    RAW: ofMessage,
    DIGEST: ofDigest,
    EXTERNAL_MU: undefined,
  }
  if (ways[type] === undefined)
    throw new Fault(
      'ValidationException',
      `Algorithm ${algorithm} and message type ${type} are incompatible.`,
    )
  if (type === 'RAW') return { ofMessage }
  if (message.length !== ofDigest?.bytes)
    throw new Fault('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`)
  return { ofDigest }
}

/** Throws ValidationException. */
export const signatureOf = (key: KeyObject, signed: Signed, random: Random): Buffer => {
  const { ofMessage, ofDigest } = wayOf(signed)
  if (ofDigest !== undefined) return ofDigest.sign(key, signed.message, random)
  return sign(ofMessage?.hash, signed.message, { key, ...ofMessage?.options })
}

/** Throws ValidationException; a signature that is none is not valid. */
export const isSignature = (key: KeyObject, signed: Signed, signature: Uint8Array): boolean => {
  const { ofMessage, ofDigest } = wayOf(signed)
  if (key.asymmetricKeyType === 'rsa' && !isAsLongAsModulus(key, signature)) return false
  if (ofDigest !== undefined) return ofDigest.verify(key, signed.message, signature)
  return verify(ofMessage?.hash, signed.message, { key, ...ofMessage?.options }, signature)
}
