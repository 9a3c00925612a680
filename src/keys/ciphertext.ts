// The ciphertext blob of the key service: a version byte, the key's ID, then an envelope bound to the encryption context.
import type { Random } from '../telemetry/clock.ts'
import { type DataKey, dataKeyIdOf, open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import type { EncryptionContext } from './encryption-context.ts'
import { currentMaterial, isPresent, type KeyMaterial } from './key-material.ts'
import type { KeyRecord } from './key-records.ts'

const blobVersion = 1
const headerLength = 2

/** The context in one form whatever the order it was given in; also what the ciphertext is bound to. */
const canonical = (keyId: string, context: EncryptionContext): string =>
  JSON.stringify([keyId, Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1))])

/** The envelope names the material by the beginning of its ID, so that old ciphertext opens after a rotation. */
const envelopeIdOf = ({ id }: KeyMaterial): number => Number.parseInt(id.slice(0, 8), 16)
const dataKeyOf = (material: KeyMaterial): DataKey => ({
  id: envelopeIdOf(material),
  bytes: Buffer.from(material.bytes ?? '', 'base64'),
})

/** The key is usable: see requireUsable. */
export const encryptUnder = (
  key: KeyRecord,
  plaintext: Uint8Array,
  context: EncryptionContext,
  random: Random,
): Uint8Array => {
  const material = currentMaterial(key)
  if (material?.bytes === undefined) throw new Error('a usable key has a current material')
  const keyId = Buffer.from(key.keyId)
  return Buffer.concat([
    Buffer.from([blobVersion, keyId.length]),
    keyId,
    seal(dataKeyOf(material), plaintext, canonical(key.keyId, context), random),
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

export type Decrypted = { readonly plaintext: Uint8Array; readonly materialId: string }

/** Throws InvalidCiphertextException when key, context or bytes are others than those it was made with. */
export const decryptUnder = (
  key: KeyRecord,
  blob: Uint8Array,
  context: EncryptionContext,
  nowMs: number,
): Decrypted => {
  const envelope = blob.subarray(headerLength + (blob[1] ?? 0))
  try {
    const id = dataKeyIdOf(envelope)
    const material = key.materials.find((one) => envelopeIdOf(one) === id && isPresent(one, nowMs))
    if (material === undefined) throw invalid()
    const plaintext = open(dataKeyOf(material), envelope, canonical(key.keyId, context))
    return { plaintext, materialId: material.id }
  } catch (error) {
    if (error instanceof SealBroken) throw invalid()
    throw error
  }
}
