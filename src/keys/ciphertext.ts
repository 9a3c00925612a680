// The ciphertext blob of the key service: a version byte, the key's ID, then an envelope bound to the encryption context.
import type { Random } from '../telemetry/clock.ts'
import { open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import type { KeyRecord } from './key-records.ts'

const blobVersion = 1
const headerLength = 2

export type EncryptionContext = Readonly<Record<string, string>>

/** The context in one form whatever the order it was given in; also what the ciphertext is bound to. */
const canonical = (keyId: string, context: EncryptionContext): string =>
  JSON.stringify([keyId, Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1))])

const materialOf = (key: KeyRecord) => ({ id: 1, bytes: Buffer.from(key.material, 'base64') })

export const encryptUnder = (
  key: KeyRecord,
  plaintext: Uint8Array,
  context: EncryptionContext,
  random: Random,
): Uint8Array => {
  const keyId = Buffer.from(key.keyId)
  return Buffer.concat([
    Buffer.from([blobVersion, keyId.length]),
    keyId,
    seal(materialOf(key), plaintext, canonical(key.keyId, context), random),
  ])
}

// AWS gives InvalidCiphertextException no message.
const invalid = (): Fault => new Fault('InvalidCiphertextException', '')

/** The ID of the key that a blob was made under. Throws InvalidCiphertextException for what is no blob. */
export const keyIdOfCiphertext = (blob: Uint8Array): string => {
  const length = blob[1] ?? 0
  if (blob[0] !== blobVersion || length === 0 || blob.length < headerLength + length) throw invalid()
  return Buffer.from(blob.subarray(headerLength, headerLength + length)).toString('latin1')
}

/** Throws InvalidCiphertextException when key, context or bytes are others than those it was made with. */
export const decryptUnder = (key: KeyRecord, blob: Uint8Array, context: EncryptionContext): Uint8Array => {
  try {
    return open(materialOf(key), blob.subarray(headerLength + (blob[1] ?? 0)), canonical(key.keyId, context))
  } catch (error) {
    if (error instanceof SealBroken) throw invalid()
    throw error
  }
}
