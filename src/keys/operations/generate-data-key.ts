// GenerateDataKey: a new data key, in the clear and encrypted under the key.
import { encryptUnder } from '../ciphertext.ts'
import { dataKeyLength } from '../data-key-length.ts'
import { currentMaterial } from '../key-material.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { requireDataKeys } from '../key-use.ts'

export const generateDataKey = keyOperation({
  name: 'GenerateDataKey',
  handle: async (input, context) => {
    const encryptionContext = input.EncryptionContext ?? {}
    const { value } = await findKey(input.KeyId ?? '', 'kms:GenerateDataKey', context, encryptionContext)
    const length = dataKeyLength(input)
    requireDataKeys(value, 'GenerateDataKey', context)
    const plaintext = new Uint8Array(context.random.bytes(length))
    return {
      CiphertextBlob: encryptUnder(value, plaintext, encryptionContext, context.random),
      Plaintext: plaintext,
      KeyMaterialId: currentMaterial(value)?.id,
      KeyId: keyArnOf(value.keyId, context),
    }
  },
})
