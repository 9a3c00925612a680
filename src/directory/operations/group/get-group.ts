// GetGroup: one group.
import { operation } from '../../operation.ts'
import { requireGroup, shownGroup } from '../../user-groups.ts'

export const getGroup = operation({
  name: 'GetGroup',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value: group } = await requireGroup(pool.records, input.GroupName)
    return { Group: shownGroup(pool.poolId, group) }
  },
})
