// Encrypt: up to 4,096 bytes under the key, fewer under an RSA key.
import { encryptBy, requireEncryption, symmetricDefault } from '../encryption.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'

export const encrypt = keyOperation({
  name: 'Encrypt',
  handle: async (input, context) => {
    const { EncryptionContext: encryptionContext = {}, EncryptionAlgorithm: algorithm = symmetricDefault } =
      input
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:Encrypt', context, encryptionContext)
    const request = { operation: 'Encrypt', algorithm, encryptionContext }
    requireEncryption(key, request, context)
    return {
      CiphertextBlob: encryptBy(key, request, input.Plaintext ?? new Uint8Array(), context),
      KeyId: keyArnOf(key.keyId, context),
      EncryptionAlgorithm: algorithm,
    }
  },
})
