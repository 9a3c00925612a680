// DisableKey: this Region's key can't be used until it is enabled; its related keys go on.
import { findKey, keyOperation, requireImported, requireNotPendingDeletion } from '../key-operation.ts'

export const disableKey = keyOperation({
  name: 'DisableKey',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:DisableKey', context)
    requireNotPendingDeletion(stored.value, context)
    requireImported(stored.value, context)
    await context.records.keys.replace(stored, { ...stored.value, isEnabled: false })
    return {}
  },
})
