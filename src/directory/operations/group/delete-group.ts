// DeleteGroup: the group is gone with the first commit, its memberships with bounded ones after that.
import { Conflict } from '../../../store/store.ts'
import type { WritableRecords } from '../../../vault/records.ts'
import { operation } from '../../operation.ts'
import { groups, memberships } from '../../records/user.ts'
import { isOfGroup, requireGroup } from '../../user-groups.ts'

const membershipsPerCommit = 500
const commitsMax = 100_000

/**
 * Deletes what is left of a deleted group's memberships, and none of a group that was made meanwhile under the same name. What a crash
 * or the bound leaves counts for nothing (`isOfGroup`).
 */
const deleteMemberships = async (records: WritableRecords, groupName: string): Promise<void> => {
  let after: string | undefined
  for (let commitCount = 0; commitCount < commitsMax; commitCount += 1) {
    const page = await records.find(
      memberships,
      { name: 'group', value: groupName },
      { limit: membershipsPerCommit, ...(after === undefined ? {} : { after }) },
    )
    const successor = (await records.get(groups, groupName))?.value
    try {
      await records.commit((changes) => {
        for (const stored of page.items)
          if (!isOfGroup(stored.value, successor)) changes.delete(memberships, stored)
      })
    } catch (error) {
      // One of these users was just deleted, or joined the new group: the page is read again. The group itself is gone already, so
      // the operation must not start over.
      if (error instanceof Conflict) continue
      throw error
    }
    if (page.after === undefined) return
    after = page.after
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
