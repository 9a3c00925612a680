// GenerateRandom: random bytes.

import { Fault } from '../../wire/fault.ts'
import { keyOperation, requireAccountCaller } from '../key-operation.ts'
import { notThere } from '../not-there.ts'

export const generateRandom = keyOperation({
  name: 'GenerateRandom',
  handle: async (input, context) => {
    requireAccountCaller('kms:GenerateRandom', context)
    if (input.CustomKeyStoreId !== undefined) throw notThere('Custom key stores')
    if (input.NumberOfBytes === undefined)
      throw new Fault('ValidationException', 'Please specify either number of bytes or key spec.')
    return { Plaintext: new Uint8Array(context.random.bytes(input.NumberOfBytes)) }
  },
})
