// Encrypt: up to 4,096 bytes under the key.
import { encryptUnder } from '../ciphertext.ts'
import { findKey, keyArnOf, keyOperation, requireUsable } from '../key-operation.ts'

export const encrypt = keyOperation({
  name: 'Encrypt',
  handle: async (input, context) => {
    const encryptionContext = input.EncryptionContext ?? {}
    const { value } = await findKey(input.KeyId ?? '', 'kms:Encrypt', context, encryptionContext)
    requireUsable(value, context)
    return {
      CiphertextBlob: encryptUnder(
        value,
        input.Plaintext ?? new Uint8Array(),
        encryptionContext,
        context.random,
      ),
      KeyId: keyArnOf(value.keyId, context),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const,
    }
  },
})
