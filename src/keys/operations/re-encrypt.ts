// ReEncrypt: from one key and context to another, without the plaintext leaving. Source and destination policies are both asked.
import { decryptUnder, encryptUnder, keyIdOfCiphertext } from '../ciphertext.ts'
import { findCiphertextKey } from '../ciphertext-key.ts'
import { currentMaterial } from '../key-material.ts'
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
    const { plaintext, materialId } = decryptUnder(source, blob, from, context.clock.now())
    return {
      CiphertextBlob: encryptUnder(destination, plaintext, to, context.random),
      SourceKeyMaterialId: materialId,
      DestinationKeyMaterialId: currentMaterial(destination)?.id,
      SourceKeyId: keyArnOf(source.keyId, context),
      KeyId: keyArnOf(destination.keyId, context),
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const,
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const,
    }
  },
})
