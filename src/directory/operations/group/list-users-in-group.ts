// ListUsersInGroup: the users that a group has, page by page.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { groupPageSizeMax, membersPage, requireGroup } from '../../user-groups.ts'
import { shownUser } from '../../user-view.ts'

export const listUsersInGroup = operation({
  name: 'ListUsersInGroup',
  runs: 'inactive',
  handle: async (input, { pool: { poolId, records } }) => {
    const { value: group } = await requireGroup(records, input.GroupName)
    const kind = `ListUsersInGroup ${poolId} ${group.name}`
    const after = decodePageToken(kind, input.NextToken)
    const page = await membersPage(records, group, {
      limit: input.Limit || groupPageSizeMax,
      ...(after === undefined ? {} : { after }),
    })
    return {
      Users: page.users.map((user) => shownUser(user)),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
