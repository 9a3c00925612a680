// UpdateGroup: changes what the request names of a group, and leaves the rest.
import { operation } from '../../operation.ts'
import { type Group, groups } from '../../records/user.ts'
import { checkRoleArn, requireGroup, shownGroup } from '../../user-groups.ts'

export const updateGroup = operation({
  name: 'UpdateGroup',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const { records, poolId } = pool
    checkRoleArn(input.RoleArn)
    const stored = await requireGroup(records, input.GroupName)
    const group: Group = {
      ...stored.value,
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(input.RoleArn === undefined ? {} : { roleArn: input.RoleArn }),
      ...(input.Precedence === undefined ? {} : { precedence: input.Precedence }),
      modifiedAtMs: clock.now(),
    }
    await records.commit((changes) => changes.replace(groups, stored, group))
    return { Group: shownGroup(poolId, group) }
  },
})
