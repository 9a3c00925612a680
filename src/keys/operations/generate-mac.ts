// GenerateMac: the HMAC of a message under the key.

import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { requireUse } from '../key-use.ts'
import { macOf } from '../mac.ts'

export const generateMac = keyOperation({
  name: 'GenerateMac',
  handle: async (input, context) => {
    const { KeyId = '', MacAlgorithm: algorithm = 'HMAC_SHA_256', Message = new Uint8Array() } = input
    const { value: key } = await findKey(KeyId, 'kms:GenerateMac', context)
    requireUse(key, { operation: 'GenerateMac', usage: 'GENERATE_VERIFY_MAC', algorithm }, context)
    return {
      Mac: macOf(key, algorithm, Message),
      MacAlgorithm: algorithm,
      KeyId: keyArnOf(key.keyId, context),
    }
  },
})
