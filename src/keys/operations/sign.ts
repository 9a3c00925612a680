// Sign: a signature of a message, or of its digest, with the private key.
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { privateKeyOf } from '../key-pair.ts'
import { requireUse } from '../key-use.ts'
import { signatureOf } from '../signatures.ts'

export const sign = keyOperation({
  name: 'Sign',
  handle: async (input, context) => {
    const { Message: message = new Uint8Array(), MessageType: type = 'RAW' } = input
    const { SigningAlgorithm: algorithm = 'ECDSA_SHA_256' } = input
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:Sign', context)
    requireUse(key, { operation: 'Sign', usage: 'SIGN_VERIFY', algorithm }, context)
    return {
      Signature: signatureOf(privateKeyOf(key), { algorithm, message, type }, context.random),
      SigningAlgorithm: algorithm,
      KeyId: keyArnOf(key.keyId, context),
    }
  },
})
