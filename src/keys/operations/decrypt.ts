// Decrypt: the ciphertext says which key it was made under; a KeyId, if given, must be that one.
import { decryptUnder, keyIdOfCiphertext } from '../ciphertext.ts'
import { findCiphertextKey } from '../ciphertext-key.ts'
import { keyArnOf, keyOperation, requireUsable } from '../key-operation.ts'

export const decrypt = keyOperation({
  name: 'Decrypt',
  handle: async (input, context) => {
    const blob = input.CiphertextBlob ?? new Uint8Array()
    const encryptionContext = input.EncryptionContext ?? {}
    const key = await findCiphertextKey(
      keyIdOfCiphertext(blob),
      input.KeyId,
      'kms:Decrypt',
      context,
      encryptionContext,
    )
    requireUsable(key, context)
    const { plaintext, materialId } = decryptUnder(key, blob, encryptionContext, context.clock.now())
    return {
      Plaintext: plaintext,
      KeyMaterialId: materialId,
      KeyId: keyArnOf(key.keyId, context),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const,
    }
  },
})
