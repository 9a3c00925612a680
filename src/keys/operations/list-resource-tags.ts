// ListResourceTags: the tags of this key.
import { findKey, keyOperation } from '../key-operation.ts'
import { pageOf } from '../pages.ts'

export const listResourceTags = keyOperation({
  name: 'ListResourceTags',
  handle: async (input, context) => {
    const { value } = await findKey(input.KeyId ?? '', 'kms:ListResourceTags', context)
    const { page, ...rest } = pageOf(
      Object.entries(value.tags).sort(([left], [right]) => (left < right ? -1 : 1)),
      ([name]) => name,
      input,
      50,
    )
    return { Tags: page.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...rest }
  },
})
