// Encryption by a key's algorithm: the symmetric one, whose ciphertext names its key, or RSAES-OAEP (RFC 8017, section 7.1).
import { constants, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { EncryptionAlgorithmSpec } from '@aws-sdk/client-kms'
import { Fault } from '../wire/fault.ts'
import { type Decrypted, decryptUnder, encryptUnder } from './ciphertext.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { privateKeyOf, publicKeyOf } from './key-pair.ts'
import type { KeyRecord } from './key-records.ts'
import type { KeyServiceParts } from './key-service-parts.ts'
import { specOf } from './key-specs.ts'
import { requireUse } from './key-use.ts'

export const symmetricDefault = 'SYMMETRIC_DEFAULT'

const oaepHashes: Readonly<
  Partial<Record<EncryptionAlgorithmSpec, { readonly name: string; readonly bytes: number }>>
> = {
  RSAES_OAEP_SHA_1: { name: 'sha1', bytes: 20 },
  RSAES_OAEP_SHA_256: { name: 'sha256', bytes: 32 },
}

export type Encryption = {
  /** The operation by its name, for messages. */
  readonly operation: string
  readonly algorithm: EncryptionAlgorithmSpec
  readonly encryptionContext: EncryptionContext
}

/** Throws as requireUse, and ValidationException for an encryption context that nothing would hold to. */
export const requireEncryption = (key: KeyRecord, request: Encryption, context: KeyServiceParts): void => {
  const { operation, algorithm, encryptionContext } = request
  requireUse(key, { operation, usage: 'ENCRYPT_DECRYPT', algorithm }, context)
  if (algorithm !== symmetricDefault && Object.keys(encryptionContext).length > 0)
    throw new Fault(
      'ValidationException',
      'An encryption context is for symmetric encryption keys: ciphertext of asymmetric keys is not bound to one.',
    )
}

const oaep = (algorithm: EncryptionAlgorithmSpec) => {
  const hash = oaepHashes[algorithm]
  if (hash === undefined) throw new Error(`${algorithm} is no algorithm of an RSA key`)
  return { hash, padding: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash.name } }
}

/** The key has been asked: see requireEncryption. */
export const encryptBy = (
  key: KeyRecord,
  { algorithm, encryptionContext }: Encryption,
  plaintext: Uint8Array,
  { random }: KeyServiceParts,
): Uint8Array => {
  if (algorithm === symmetricDefault) return encryptUnder(key, plaintext, encryptionContext, random)
  const { hash, padding } = oaep(algorithm)
  const publicKey = publicKeyOf(key)
  const bytesMax = (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - 2 * hash.bytes - 2
  if (plaintext.length > bytesMax)
    throw new Fault(
      'ValidationException',
      `Algorithm ${algorithm} and key spec ${specOf(key)} cannot encrypt data larger than ${bytesMax} bytes.`,
    )
  return publicEncrypt({ key: publicKey, ...padding }, plaintext)
}

/** The key has been asked: see requireEncryption. Throws InvalidCiphertextException. */
export const decryptBy = (
  key: KeyRecord,
  { algorithm, encryptionContext }: Encryption,
  blob: Uint8Array,
  { clock }: KeyServiceParts,
): Partial<Decrypted> & Pick<Decrypted, 'plaintext'> => {
  if (algorithm === symmetricDefault) return decryptUnder(key, blob, encryptionContext, clock.now())
  try {
    return { plaintext: privateDecrypt({ key: privateKeyOf(key), ...oaep(algorithm).padding }, blob) }
  } catch (cause) {
    throw new Fault('InvalidCiphertextException', '', { cause })
  }
}
