// AdminAddUserToGroup: makes a user a member of a group; one who is a member already stays one.
import { Fault } from '../../../wire/fault.ts'
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { memberships } from '../../records/user.ts'
import { groupsPerUserMax, isOfGroup, membershipKey, membershipsOf, requireGroup } from '../../user-groups.ts'

export const adminAddUserToGroup = operation({
  name: 'AdminAddUserToGroup',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    const user = await requireUser(records, userPool, input.Username ?? '')
    const group = await requireGroup(records, input.GroupName)
    const { usernameKey } = user.value
    const groupName = group.value.name
    const earlier = await records.get(memberships, membershipKey(usernameKey, groupName))
    if (earlier !== undefined && isOfGroup(earlier.value, group.value)) return {}
    if (earlier === undefined && (await membershipsOf(records, usernameKey)).length >= groupsPerUserMax)
      throw new Fault('LimitExceededException', `A user can be in at most ${groupsPerUserMax} groups.`)
    const membership = {
      usernameKey,
      groupName,
      joinedAtMs: Math.max(context.clock.now(), group.value.createdAtMs),
    }
    await records.commit((changes) => {
      changes.expect(user)
      changes.expect(group)
      if (earlier === undefined) changes.create(memberships, membership)
      else changes.replace(memberships, earlier, membership)
    })
    return {}
  },
})
