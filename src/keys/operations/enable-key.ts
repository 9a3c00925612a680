// EnableKey: the key can be used again.
import { findKey, keyOperation, requireImported, requireNotPendingDeletion } from '../key-operation.ts'

export const enableKey = keyOperation({
  name: 'EnableKey',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:EnableKey', context)
    requireNotPendingDeletion(stored.value, context)
    requireImported(stored.value, context)
    await context.records.keys.replace(stored, { ...stored.value, isEnabled: true })
    return {}
  },
})
