// VerifyMac: whether an HMAC is that of the message under the key.
import { timingSafeEqual } from 'node:crypto'
import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { requireUse } from '../key-use.ts'
import { macOf } from '../mac.ts'

export const verifyMac = keyOperation({
  name: 'VerifyMac',
  handle: async (input, context) => {
    const { KeyId = '', MacAlgorithm: algorithm = 'HMAC_SHA_256', Message = new Uint8Array() } = input
    const { Mac: given = new Uint8Array() } = input
    const { value: key } = await findKey(KeyId, 'kms:VerifyMac', context)
    requireUse(key, { operation: 'VerifyMac', usage: 'GENERATE_VERIFY_MAC', algorithm }, context)
    const mac = macOf(key, algorithm, Message)
    // AWS gives KMSInvalidMacException no message.
    if (given.length !== mac.length || !timingSafeEqual(given, mac))
      throw new Fault('KMSInvalidMacException', '')
    return { MacValid: true, MacAlgorithm: algorithm, KeyId: keyArnOf(key.keyId, context) }
  },
})
