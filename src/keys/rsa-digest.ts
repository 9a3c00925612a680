// RSA signatures over digests that the caller made (RFC 8017, sections 8.1 and 8.2): the library underneath signs only messages that it hashes itself.
import {
  constants,
  createHash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  timingSafeEqual,
} from 'node:crypto'
import type { Random } from '../telemetry/clock.ts'

export type RsaHash = 'sha256' | 'sha384' | 'sha512'

/** DER of DigestInfo up to the digest (RFC 8017, section 9.2, note 1). */
const digestInfoPrefixes: Readonly<Record<RsaHash, Buffer>> = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
}
const digestInfoOf = (hash: RsaHash, digest: Uint8Array): Buffer =>
  Buffer.concat([digestInfoPrefixes[hash], digest])

const modulusBytesOf = (key: KeyObject): number => (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
const pkcs1 = { padding: constants.RSA_PKCS1_PADDING }
const raw = { padding: constants.RSA_NO_PADDING }

/** A signature is as long as the modulus (RFC 8017, sections 8.1.2 and 8.2.2); Node's crypto would take some without their leading zeros. */
export const isAsLongAsModulus = (key: KeyObject, signature: Uint8Array): boolean =>
  signature.length === modulusBytesOf(key)

/** What a signature stands for; undefined when it is none under this key. */
const opened = (
  key: KeyObject,
  padding: { readonly padding: number },
  signature: Uint8Array,
): Buffer | undefined => {
  if (!isAsLongAsModulus(key, signature)) return undefined
  try {
    return publicDecrypt({ key, ...padding }, signature)
  } catch {
    // Too long, too large a number, or other padding: to the caller they are all a signature that is not valid.
    return undefined
  }
}

export const signPkcs1Digest = (key: KeyObject, hash: RsaHash, digest: Uint8Array): Buffer =>
  privateEncrypt({ key, ...pkcs1 }, digestInfoOf(hash, digest))

export const verifyPkcs1Digest = (
  key: KeyObject,
  hash: RsaHash,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean => opened(key, pkcs1, signature)?.equals(digestInfoOf(hash, digest)) === true

/** MGF1 (RFC 8017, appendix B.2.1). */
const mask = (hash: RsaHash, seed: Uint8Array, length: number): Buffer => {
  const blocks: Buffer[] = []
  for (let index = 0, made = 0; made < length; index += 1) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(index)
    const block = createHash(hash).update(seed).update(counter).digest()
    blocks.push(block)
    made += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

const xor = (left: Uint8Array, right: Uint8Array): Buffer =>
  Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)))

const trailer = 0xbc
const saltedHash = (hash: RsaHash, digest: Uint8Array, salt: Uint8Array): Buffer =>
  createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()

/** EMSA-PSS-ENCODE with a salt as long as the digest; moduli are whole bytes long, so one bit at the left stays clear. */
export const signPssDigest = (key: KeyObject, hash: RsaHash, digest: Uint8Array, random: Random): Buffer => {
  const salt = random.bytes(digest.length)
  const hashed = saltedHash(hash, digest, salt)
  const block = Buffer.alloc(modulusBytesOf(key) - hashed.length - 1)
  block[block.length - salt.length - 1] = 1
  salt.copy(block, block.length - salt.length)
  const masked = xor(block, mask(hash, hashed, block.length))
  masked[0] = (masked[0] ?? 0) & 0x7f
  return privateEncrypt({ key, ...raw }, Buffer.concat([masked, hashed, Buffer.from([trailer])]))
}

/** EMSA-PSS-VERIFY, for salts as long as the digest. */
export const verifyPssDigest = (
  key: KeyObject,
  hash: RsaHash,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean => {
  const encoded = opened(key, raw, signature)
  if (encoded === undefined || encoded.length !== modulusBytesOf(key) || encoded.at(-1) !== trailer)
    return false
  const hashed = encoded.subarray(-digest.length - 1, -1)
  const masked = encoded.subarray(0, -digest.length - 1)
  if (((masked[0] ?? 0) & 0x80) !== 0) return false
  const block = xor(masked, mask(hash, hashed, masked.length))
  block[0] = (block[0] ?? 0) & 0x7f
  const padding = block.subarray(0, -digest.length)
  const isPadded = padding.at(-1) === 1 && padding.subarray(0, -1).every((byte) => byte === 0)
  return isPadded && timingSafeEqual(saltedHash(hash, digest, block.subarray(-digest.length)), hashed)
}
