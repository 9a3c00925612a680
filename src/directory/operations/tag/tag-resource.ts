// TagResource: adds tags to this Region's replica of a pool, or changes them.
import { operation } from '../../operation.ts'
import { replaceTags } from '../../replace-tags.ts'
import { checkTags } from '../../tag-rules.ts'

export const tagResource = operation({
  name: 'TagResource',
  runs: 'inactive',
  handle: async (input, context) => {
    await replaceTags(context, input.ResourceArn, (tags) => {
      const all = { ...tags, ...input.Tags }
      checkTags(all, 'InvalidParameterException')
      return all
    })
    return {}
  },
})
