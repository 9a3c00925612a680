// ListTagsForResource: the tags of this Region's replica of a pool.
import { operation } from '../../operation.ts'
import { readRegionalSettings } from '../../read-pool.ts'
import { checkResourceArn } from '../../replace-tags.ts'

export const listTagsForResource = operation({
  name: 'ListTagsForResource',
  runs: 'inactive',
  handle: async (input, context) => {
    checkResourceArn(context, input.ResourceArn)
    const { value } = await readRegionalSettings(context.pool)
    return { Tags: { ...value.tags } }
  },
})
