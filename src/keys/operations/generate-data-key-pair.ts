// GenerateDataKeyPair: a new key pair for use elsewhere, its private key in the clear and encrypted under the key.
import { makeDataKeyPair } from '../data-key-pair.ts'
import { keyOperation } from '../key-operation.ts'

export const generateDataKeyPair = keyOperation({
  name: 'GenerateDataKeyPair',
  handle: async (input, context) => {
    const { answer, privateKey } = await makeDataKeyPair('GenerateDataKeyPair', input, context)
    return { ...answer, PrivateKeyPlaintext: privateKey }
  },
})
