// TagResource: adds tags to this key, or gives them new values.
import { findKey, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'
import { mergeTags } from '../tags.ts'

export const tagResource = keyOperation({
  name: 'TagResource',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:TagResource', context)
    requireNotPendingDeletion(stored.value, context)
    await context.records.keys.replace(stored, {
      ...stored.value,
      tags: mergeTags(stored.value.tags, input.Tags ?? []),
    })
    return {}
  },
})
