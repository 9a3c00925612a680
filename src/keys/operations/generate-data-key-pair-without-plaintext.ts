// GenerateDataKeyPairWithoutPlaintext: a new key pair for use elsewhere, its private key encrypted only.
import { makeDataKeyPair } from '../data-key-pair.ts'
import { keyOperation } from '../key-operation.ts'

export const generateDataKeyPairWithoutPlaintext = keyOperation({
  name: 'GenerateDataKeyPairWithoutPlaintext',
  handle: async (input, context) =>
    (await makeDataKeyPair('GenerateDataKeyPairWithoutPlaintext', input, context)).answer,
})
