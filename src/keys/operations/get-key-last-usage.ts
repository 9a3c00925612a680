// GetKeyLastUsage: the last cryptographic operation with this key in this Region.
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'

export const getKeyLastUsage = keyOperation({
  name: 'GetKeyLastUsage',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:GetKeyLastUsage', context)
    const usage = await context.usage.last(key.keyId)
    const createdAt = new Date(key.createdAtMs)
    return {
      KeyId: keyArnOf(key.keyId, context),
      KeyCreationDate: createdAt,
      // Every key has been watched since it was made.
      TrackingStartDate: createdAt,
      ...(usage === undefined
        ? {}
        : {
            KeyLastUsage: {
              Operation: usage.operation,
              Timestamp: new Date(usage.atMs),
              KmsRequestId: usage.requestId,
            },
          }),
    }
  },
})
