// CreateGroup: makes a group.
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { groups } from '../../records/user.ts'
import { checkRoleArn, groupsPerPoolMax, shownGroup } from '../../user-groups.ts'

export const createGroup = operation({
  name: 'CreateGroup',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const { records, poolId } = pool
    const name = input.GroupName ?? ''
    checkRoleArn(input.RoleArn)
    if ((await records.get(groups, name)) !== undefined)
      throw new Fault('GroupExistsException', 'A group with the name already exists.')
    if ((await records.count(groups)) >= groupsPerPoolMax)
      throw new Fault('LimitExceededException', `A user pool can have at most ${groupsPerPoolMax} groups.`)
    const nowMs = clock.now()
    const group = {
      name,
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(input.RoleArn === undefined ? {} : { roleArn: input.RoleArn }),
      ...(input.Precedence === undefined ? {} : { precedence: input.Precedence }),
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
    }
    await records.commit((changes) => changes.create(groups, group))
    return { Group: shownGroup(poolId, group) }
  },
})
