// DeleteGroup: the group is gone with the first commit, its memberships with bounded ones after that.
import type { WritableRecords } from '../../../vault/records.ts'
import { operation } from '../../operation.ts'
import { groups, memberships } from '../../records/user.ts'
import { requireGroup } from '../../user-groups.ts'

const membershipsPerCommit = 500

/** What a crash leaves of them counts for nothing (`isOfGroup`), also when a group of that name is made again. */
const deleteMemberships = async (records: WritableRecords, groupName: string): Promise<void> => {
  for (;;) {
    const { items } = await records.find(
      memberships,
      { name: 'group', value: groupName },
      { limit: membershipsPerCommit },
    )
    if (items.length === 0) return
    await records.commit((changes) => {
      for (const stored of items) changes.delete(memberships, stored)
    })
  }
}

export const deleteGroup = operation({
  name: 'DeleteGroup',
  runs: 'primary',
  handle: async (input, { pool: { records } }) => {
    const stored = await requireGroup(records, input.GroupName)
    await records.commit((changes) => changes.delete(groups, stored))
    await deleteMemberships(records, stored.value.name)
    return {}
  },
})
