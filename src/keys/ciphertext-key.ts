// Finds the key that a ciphertext is to be opened with: the one that the caller named, or the one that a symmetric ciphertext names itself.
import { Fault } from '../wire/fault.ts'
import { keyIdOfCiphertext } from './ciphertext.ts'
import { type Encryption, requireEncryption, symmetricDefault } from './encryption.ts'
import { findKey, type KeyContext } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'

export type Opening = Encryption & {
  readonly named: string | undefined
  /** For example `kms:Decrypt`. */
  readonly action: string
}

/** A key that was named, and can open ciphertext of this kind. Throws as findKey and requireEncryption. */
const findNamed = async (named: string, request: Opening, context: KeyContext): Promise<KeyRecord> => {
  const { value: key } = await findKey(named, request.action, context, request.encryptionContext)
  requireEncryption(key, request, context)
  return key
}

/** Throws IncorrectKeyException when the named key is another; AccessDeniedException when this Region does not have the key. */
export const findCiphertextKey = async (
  blob: Uint8Array,
  request: Opening,
  context: KeyContext,
): Promise<KeyRecord> => {
  const { named, algorithm } = request
  if (named !== undefined) {
    const key = await findNamed(named, request, context)
    if (algorithm === symmetricDefault && keyIdOfCiphertext(blob) !== key.keyId)
      throw new Fault(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      )
    return key
  }
  if (algorithm !== symmetricDefault)
    throw new Fault(
      'ValidationException',
      'The key must be named: ciphertext of asymmetric keys does not say which key it is of.',
    )
  const keyId = keyIdOfCiphertext(blob)
  // AWS does not tell which of the three it is, so that nobody learns by ciphertext which keys there are.
  if ((await context.records.keys.get(keyId)) === undefined)
    throw new Fault(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    )
  return findNamed(keyId, request, context)
}

type DryRun = {
  readonly DryRun?: boolean | undefined
  readonly DryRunModifiers?: readonly string[] | undefined
}

/** Whether a dry run asks of permissions alone, and brings no ciphertext ("Testing your permissions", KMS Developer Guide). */
export const isWithoutCiphertext = ({ DryRun, DryRunModifiers = [] }: DryRun): boolean =>
  DryRun === true && DryRunModifiers.includes('IGNORE_CIPHERTEXT')

/** The key of a dry run without ciphertext, which has to be named. */
export const findDryRunKey = (request: Opening, context: KeyContext): Promise<KeyRecord> => {
  if (request.named === undefined)
    throw new Fault('ValidationException', 'The key must be named where the ciphertext is ignored.')
  return findNamed(request.named, request, context)
}
