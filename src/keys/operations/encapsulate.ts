// Encapsulate: a new shared secret, in the clear and as ciphertext for the private key (ML-KEM, FIPS 203).
import { encapsulate as encapsulateFor } from 'node:crypto'
import { promisify } from 'node:util'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { publicKeyOf } from '../key-pair.ts'
import { requireUse } from '../key-use.ts'

const make = promisify(encapsulateFor)

export const encapsulate = keyOperation({
  name: 'Encapsulate',
  handle: async (input, context) => {
    const { EncapsulationAlgorithm: algorithm = 'ML_KEM' } = input
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:Encapsulate', context)
    requireUse(key, { operation: 'Encapsulate', usage: 'ENCAPSULATE_DECAPSULATE', algorithm }, context)
    const { sharedKey, ciphertext } = await make(publicKeyOf(key))
    return {
      KeyId: keyArnOf(key.keyId, context),
      SharedSecret: sharedKey,
      SharedSecretCiphertextBlob: ciphertext,
      EncapsulationAlgorithm: algorithm,
    }
  },
})
