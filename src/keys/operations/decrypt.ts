// Decrypt: symmetric ciphertext says which key it was made under, and a KeyId, if given, must be that one; for others the key is named.
import { findCiphertextKey, findDryRunKey, isWithoutCiphertext } from '../ciphertext-key.ts'
import { decryptBy, symmetricDefault } from '../encryption.ts'
import { keyArnOf, keyOperation } from '../key-operation.ts'

export const decrypt = keyOperation({
  name: 'Decrypt',
  handle: async (input, context) => {
    const { EncryptionContext: encryptionContext = {}, EncryptionAlgorithm: algorithm = symmetricDefault } =
      input
    const request = {
      operation: 'Decrypt',
      action: 'kms:Decrypt',
      named: input.KeyId,
      algorithm,
      encryptionContext,
    }
    if (isWithoutCiphertext(input)) {
      await findDryRunKey(request, context)
      return {}
    }
    const blob = input.CiphertextBlob ?? new Uint8Array()
    const key = await findCiphertextKey(blob, request, context)
    const { plaintext, materialId } = decryptBy(key, request, blob, context)
    return {
      Plaintext: plaintext,
      ...(materialId === undefined ? {} : { KeyMaterialId: materialId }),
      KeyId: keyArnOf(key.keyId, context),
      EncryptionAlgorithm: algorithm,
    }
  },
})
