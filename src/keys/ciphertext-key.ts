// Finds the key that a ciphertext was made under, and holds it against the one that the caller named.
import { Fault } from '../wire/fault.ts'
import type { EncryptionContext } from './ciphertext.ts'
import { findKey, type KeyContext } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'

/** Throws IncorrectKeyException when the named key is another; AccessDeniedException when this Region does not have the key. */
export const findCiphertextKey = async (
  keyId: string,
  named: string | undefined,
  action: string,
  context: KeyContext,
  encryptionContext: EncryptionContext,
): Promise<KeyRecord> => {
  if (named === undefined) {
    // AWS does not tell which of the three it is, so that nobody learns by ciphertext which keys there are.
    if ((await context.records.keys.get(keyId)) === undefined)
      throw new Fault(
        'AccessDeniedException',
        'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      )
    return (await findKey(keyId, action, context, encryptionContext)).value
  }
  const { value } = await findKey(named, action, context, encryptionContext)
  if (value.keyId !== keyId)
    throw new Fault(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    )
  return value
}
