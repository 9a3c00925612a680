// UntagResource: takes tags away from this key; ones that it does not have don't matter.
import { findKey, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'

export const untagResource = keyOperation({
  name: 'UntagResource',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:UntagResource', context)
    requireNotPendingDeletion(stored.value, context)
    const gone = new Set(input.TagKeys)
    const tags = Object.fromEntries(Object.entries(stored.value.tags).filter(([name]) => !gone.has(name)))
    await context.records.keys.replace(stored, { ...stored.value, tags })
    return {}
  },
})
