// The one sealed form of Twinpool: XAES-256-GCM (C2SP "XAES-256-GCM") with a version byte and the data key's ID in front.
import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { Random } from '../telemetry/clock.ts'

/** version (1) | data key ID (4) | nonce (24) | ciphertext | tag (16) */
const envelopeVersion = 1
const headerLength = 5
const nonceLength = 24
const tagLength = 16

/** Bytes that sealing adds to a plaintext. */
export const envelopeOverhead = headerLength + nonceLength + tagLength

/** A data key in the clear: 32 bytes of key and the ID that the envelopes made with it carry. */
export type DataKey = { readonly id: number; readonly bytes: Uint8Array }

/** The sealed bytes are not what was sealed: damaged, moved to another place, an older self, or of another key. */
export class SealBroken extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SealBroken'
  }
}

/** What does not depend on the nonce: AES under the key, block by block, and the subkey K1 (steps L and K1). */
type Derivation = { readonly blocks: Cipheriv; readonly subkey: Buffer }

/** Keys seal and open again and again; for as long as one is held, so is what was derived of it. */
const derivations = new WeakMap<Uint8Array, Derivation>()

const derivationOf = (key: Uint8Array): Derivation => {
  const known = derivations.get(key)
  if (known !== undefined) return known
  // In this mode the cipher keeps nothing from one update to the next.
  const blocks = createCipheriv('aes-256-ecb', createSecretKey(key), null)
  blocks.setAutoPadding(false)
  const subkey = blocks.update(Buffer.alloc(16))
  let carry = 0
  for (let index = 15; index >= 0; index--) {
    const byte = subkey[index] ?? 0
    subkey[index] = ((byte << 1) | carry) & 0xff
    carry = byte >> 7
  }
  subkey[15] = (subkey[15] ?? 0) ^ (carry * 0x87)
  const made = { blocks, subkey }
  derivations.set(key, made)
  return made
}

/**
 * Derives the AES-256 key of one nonce: CMAC-based, as C2SP "XAES-256-GCM" says (steps L, K1, M1, M2, Kx).
 * Only the first 12 bytes of the 24-byte nonce go in; the rest is the nonce of AES-GCM.
 */
const deriveKey = (key: Uint8Array, nonce: Uint8Array): KeyObject => {
  const { blocks, subkey } = derivationOf(key)
  const both = Buffer.alloc(32)
  for (let half = 0; half < 2; half++) {
    const start = half * 16
    both[start + 1] = half + 1
    both[start + 2] = 0x58
    both.set(nonce.subarray(0, 12), start + 4)
    for (let index = 0; index < 16; index++)
      both[start + index] = (both[start + index] ?? 0) ^ (subkey[index] ?? 0)
  }
  return createSecretKey(blocks.update(both))
}

/** XAES-256-GCM with a given 24-byte nonce. Separate from `seal` so that the published test vectors can be held against it. */
export const encryptWithNonce = (
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', deriveKey(key, nonce), nonce.subarray(12))
  cipher.setAAD(associated)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([ciphertext, cipher.getAuthTag()])
}

/** Seals `plaintext` under `key`; `associated` is what the sealed bytes are bound to and must be given again to open them. */
export const seal = (key: DataKey, plaintext: Uint8Array, associated: string, random: Random): Buffer => {
  const header = Buffer.alloc(headerLength)
  header[0] = envelopeVersion
  header.writeUInt32BE(key.id, 1)
  const nonce = random.bytes(nonceLength)
  return Buffer.concat([
    header,
    nonce,
    encryptWithNonce(key.bytes, nonce, plaintext, Buffer.from(associated)),
  ])
}

/** The ID of the data key that the envelope was sealed under. Throws SealBroken for what is no envelope. */
export const dataKeyIdOf = (sealed: Uint8Array): number => {
  if (sealed.length < envelopeOverhead || sealed[0] !== envelopeVersion)
    throw new SealBroken('these bytes are not a sealed envelope of a known version')
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length).readUInt32BE(1)
}

/** Opens what `seal` made. Throws SealBroken when key, bytes or `associated` differ. */
export const open = (key: DataKey, sealed: Uint8Array, associated: string): Buffer => {
  if (dataKeyIdOf(sealed) !== key.id) throw new SealBroken('the envelope was sealed under another data key')
  const nonce = sealed.subarray(headerLength, headerLength + nonceLength)
  const body = sealed.subarray(headerLength + nonceLength)
  const decipher = createDecipheriv('aes-256-gcm', deriveKey(key.bytes, nonce), nonce.subarray(12), {
    authTagLength: tagLength,
  })
  decipher.setAAD(Buffer.from(associated))
  decipher.setAuthTag(body.subarray(body.length - tagLength))
  const plaintext = decipher.update(body.subarray(0, body.length - tagLength))
  try {
    decipher.final()
  } catch {
    throw new SealBroken('the sealed bytes were changed or are not in the place they were sealed for')
  }
  return plaintext
}
