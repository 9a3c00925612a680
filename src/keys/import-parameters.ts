// Importing key material: the wrapping key pair inside the import token, and how what was wrapped is opened.
import {
  constants,
  createDecipheriv,
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { AlgorithmSpec, WrappingKeySpec } from '@aws-sdk/client-kms'
import { open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import type { KeyContext } from './key-operation.ts'

const lifetimeMs = 86_400_000

/** "RSA_AES" wraps an AES key with RSA and the material with that (RFC 5649); without it the material itself is the RSA plaintext. */
const algorithms: Partial<
  Record<AlgorithmSpec, { readonly hash: 'sha1' | 'sha256'; readonly hasAes: boolean }>
> = {
  RSAES_OAEP_SHA_1: { hash: 'sha1', hasAes: false },
  RSAES_OAEP_SHA_256: { hash: 'sha256', hasAes: false },
  RSA_AES_KEY_WRAP_SHA_1: { hash: 'sha1', hasAes: true },
  RSA_AES_KEY_WRAP_SHA_256: { hash: 'sha256', hasAes: true },
}

const modulusBits: Partial<Record<WrappingKeySpec, number>> = {
  RSA_2048: 2048,
  RSA_3072: 3072,
  RSA_4096: 4096,
}

type Token = { readonly algorithm: AlgorithmSpec; readonly privateKey: string; readonly validToMs: number }

const placeOf = (keyId: string, region: string): string => `import token of ${keyId} in ${region}`

/** A new key pair and a token that holds its private half, for this key and Region only. Throws UnsupportedOperationException. */
export const makeImportParameters = async (
  keyId: string,
  request: { readonly algorithm: AlgorithmSpec | undefined; readonly spec: WrappingKeySpec | undefined },
  context: KeyContext,
): Promise<{ readonly publicKey: Buffer; readonly token: Buffer; readonly validToMs: number }> => {
  const { algorithm = 'SM2PKE', spec = 'SM2' } = request
  const modulusLength = modulusBits[spec]
  if (algorithms[algorithm] === undefined || modulusLength === undefined)
    throw new Fault(
      'UnsupportedOperationException',
      `Key material can not be wrapped by ${algorithm} under ${spec}. Use RSAES_OAEP_SHA_256 under RSA_4096, for example.`,
    )
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength })
  const validToMs = context.clock.now() + lifetimeMs
  const token: Token = {
    algorithm,
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    validToMs,
  }
  return {
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }),
    token: seal(
      context.transportKey,
      Buffer.from(JSON.stringify(token)),
      placeOf(keyId, context.region),
      context.random,
    ),
    validToMs,
  }
}

const readToken = (keyId: string, sealed: Uint8Array, context: KeyContext): Token => {
  let token: Token
  try {
    const text = open(context.transportKey, sealed, placeOf(keyId, context.region)).toString('utf8')
    token = JSON.parse(text) as Token
  } catch (cause) {
    if (!(cause instanceof SealBroken)) throw cause
    throw new Fault('InvalidImportTokenException', 'The import token is not one for this KMS key.', { cause })
  }
  if (token.validToMs <= context.clock.now())
    throw new Fault(
      'ExpiredImportTokenException',
      'The import token has expired. Get new parameters for import.',
    )
  return token
}

const openRsa = (privateKey: KeyObject, hash: string, wrapped: Uint8Array): Buffer =>
  privateDecrypt({ key: privateKey, oaepHash: hash, padding: constants.RSA_PKCS1_OAEP_PADDING }, wrapped)

/** RFC 5649 with its alternative initial value. */
const alternativeIv = Buffer.from('a65959a6', 'hex')

/** The least that wrapping makes: two blocks of 64 bits. OpenSSL takes nothing at all for the wrapping of nothing. */
const wrappedBytesMin = 16

const openAes = (key: Buffer, wrapped: Uint8Array): Buffer => {
  if (wrapped.length < wrappedBytesMin) throw new RangeError('there is no wrapped key material')
  const decipher = createDecipheriv(`id-aes${key.length * 8}-wrap-pad`, key, alternativeIv)
  return Buffer.concat([decipher.update(wrapped), decipher.final()])
}

/** The imported bytes. Throws InvalidImportTokenException, ExpiredImportTokenException, InvalidCiphertextException. */
export const openImported = (
  keyId: string,
  given: { readonly token: Uint8Array; readonly wrapped: Uint8Array },
  context: KeyContext,
): Buffer => {
  const token = readToken(keyId, given.token, context)
  const { hash, hasAes } = algorithms[token.algorithm] ?? { hash: 'sha256', hasAes: false }
  const privateKey = createPrivateKey({
    key: Buffer.from(token.privateKey, 'base64'),
    format: 'der',
    type: 'pkcs8',
  })
  const rsaBytes = (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  try {
    if (!hasAes) return openRsa(privateKey, hash, given.wrapped)
    const aesKey = openRsa(privateKey, hash, given.wrapped.subarray(0, rsaBytes))
    return openAes(aesKey, given.wrapped.subarray(rsaBytes))
  } catch (cause) {
    throw new Fault(
      'InvalidCiphertextException',
      'The encrypted key material does not open with the key and algorithm of the import token.',
      { cause },
    )
  }
}
