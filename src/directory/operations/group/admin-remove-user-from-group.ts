// AdminRemoveUserFromGroup: ends a membership; doing it twice is no error.
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { memberships } from '../../records/user.ts'
import { membershipKey, requireGroup } from '../../user-groups.ts'

export const adminRemoveUserFromGroup = operation({
  name: 'AdminRemoveUserFromGroup',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const { records } = pool
    const { value: userPool } = await readPool(pool)
    const user = await requireUser(records, userPool, input.Username ?? '')
    const group = await requireGroup(records, input.GroupName)
    const stored = await records.get(memberships, membershipKey(user.value.usernameKey, group.value.name))
    if (stored !== undefined) await records.commit((changes) => changes.delete(memberships, stored))
    return {}
  },
})
