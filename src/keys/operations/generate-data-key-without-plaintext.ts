// GenerateDataKeyWithoutPlaintext: a new data key, encrypted only.
import { encryptUnder } from '../ciphertext.ts'
import { dataKeyLength } from '../data-key-length.ts'
import { currentMaterial } from '../key-material.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { requireDataKeys } from '../key-use.ts'

export const generateDataKeyWithoutPlaintext = keyOperation({
  name: 'GenerateDataKeyWithoutPlaintext',
  handle: async (input, context) => {
    const encryptionContext = input.EncryptionContext ?? {}
    const { value } = await findKey(
      input.KeyId ?? '',
      'kms:GenerateDataKeyWithoutPlaintext',
      context,
      encryptionContext,
    )
    const length = dataKeyLength(input)
    requireDataKeys(value, 'GenerateDataKeyWithoutPlaintext', context)
    return {
      CiphertextBlob: encryptUnder(value, context.random.bytes(length), encryptionContext, context.random),
      KeyId: keyArnOf(value.keyId, context),
      KeyMaterialId: currentMaterial(value)?.id,
    }
  },
})
