// UpdateKeyDescription: this key's own description.
import { findKey, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'

export const updateKeyDescription = keyOperation({
  name: 'UpdateKeyDescription',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:UpdateKeyDescription', context)
    requireNotPendingDeletion(stored.value, context)
    await context.records.keys.replace(stored, { ...stored.value, description: input.Description ?? '' })
    return {}
  },
})
