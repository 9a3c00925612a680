// ReEncrypt: from one key and context to another, without the plaintext leaving. Source and destination policies are both asked.
import { decryptUnder, encryptUnder, keyIdOfCiphertext } from '../ciphertext.ts'
import { findCiphertextKey } from '../ciphertext-key.ts'
import { findKey, keyArnOf, keyOperation, requireUsable } from '../key-operation.ts'

export const reEncrypt = keyOperation({
  name: 'ReEncrypt',
  handle: async (input, context) => {
    const blob = input.CiphertextBlob ?? new Uint8Array()
    const from = input.SourceEncryptionContext ?? {}
    const to = input.DestinationEncryptionContext ?? {}
    const source = await findCiphertextKey(
      keyIdOfCiphertext(blob),
      input.SourceKeyId,
      'kms:ReEncryptFrom',
      context,
      from,
    )
    const { value: destination } = await findKey(input.DestinationKeyId ?? '', 'kms:ReEncryptTo', context, to)
    requireUsable(source, context)
    requireUsable(destination, context)
    return {
      CiphertextBlob: encryptUnder(destination, decryptUnder(source, blob, from), to, context.random),
      SourceKeyId: keyArnOf(source.keyId, context),
      KeyId: keyArnOf(destination.keyId, context),
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const,
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const,
    }
  },
})
