// UntagResource: takes tags off this Region's replica of a pool; keys that it doesn't have are passed over.
import { operation } from '../../operation.ts'
import { replaceTags } from '../../replace-tags.ts'

export const untagResource = operation({
  name: 'UntagResource',
  runs: 'inactive',
  handle: async (input, context) => {
    const removed = new Set(input.TagKeys)
    await replaceTags(context, input.ResourceArn, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key))),
    )
    return {}
  },
})
