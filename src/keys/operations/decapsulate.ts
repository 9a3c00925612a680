// Decapsulate: the shared secret again, from its ciphertext (ML-KEM, FIPS 203). A ciphertext of another key gives another secret, not an error.
import { decapsulate as decapsulateBy } from 'node:crypto'
import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { privateKeyOf } from '../key-pair.ts'
import { type BuiltKeySpec, specOf } from '../key-specs.ts'
import { requireUse } from '../key-use.ts'

/** Bytes (FIPS 203, table 3). */
const ciphertextBytes: Readonly<Partial<Record<BuiltKeySpec, number>>> = {
  ML_KEM_512: 768,
  ML_KEM_768: 1088,
  ML_KEM_1024: 1568,
}

export const decapsulate = keyOperation({
  name: 'Decapsulate',
  handle: async (input, context) => {
    const { EncapsulationAlgorithm: algorithm = 'ML_KEM' } = input
    const { SharedSecretCiphertextBlob: ciphertext = new Uint8Array() } = input
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:Decapsulate', context)
    requireUse(key, { operation: 'Decapsulate', usage: 'ENCAPSULATE_DECAPSULATE', algorithm }, context)
    if (ciphertext.length !== ciphertextBytes[specOf(key)]) throw new Fault('InvalidCiphertextException', '')
    return {
      KeyId: keyArnOf(key.keyId, context),
      SharedSecret: decapsulateBy(privateKeyOf(key), ciphertext),
      EncapsulationAlgorithm: algorithm,
    }
  },
})
