// GetParametersForImport: a public key to wrap key material with, and the token that opens it again; good for 24 hours.
import { makeImportParameters } from '../import-parameters.ts'
import { findKey, keyArnOf, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'
import { requireExternal } from '../require-external.ts'

export const getParametersForImport = keyOperation({
  name: 'GetParametersForImport',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:GetParametersForImport', context)
    requireExternal(key, context)
    requireNotPendingDeletion(key, context)
    const { publicKey, token, validToMs } = await makeImportParameters(
      key.keyId,
      { algorithm: input.WrappingAlgorithm, spec: input.WrappingKeySpec },
      context,
    )
    return {
      KeyId: keyArnOf(key.keyId, context),
      PublicKey: publicKey,
      ImportToken: token,
      ParametersValidTo: new Date(validToMs),
    }
  },
})
