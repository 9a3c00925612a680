// Verify: whether a signature is one of the message, or of its digest, under the key.
import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { publicKeyOf } from '../key-pair.ts'
import { requireUse } from '../key-use.ts'
import { isSignature } from '../signatures.ts'

export const verify = keyOperation({
  name: 'Verify',
  handle: async (input, context) => {
    const { Message: message = new Uint8Array(), MessageType: type = 'RAW' } = input
    const { SigningAlgorithm: algorithm = 'ECDSA_SHA_256', Signature: signature = new Uint8Array() } = input
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:Verify', context)
    requireUse(key, { operation: 'Verify', usage: 'SIGN_VERIFY', algorithm }, context)
    // AWS gives KMSInvalidSignatureException no message.
    if (!isSignature(publicKeyOf(key), { algorithm, message, type }, signature))
      throw new Fault('KMSInvalidSignatureException', '')
    return { SignatureValid: true, SigningAlgorithm: algorithm, KeyId: keyArnOf(key.keyId, context) }
  },
})
