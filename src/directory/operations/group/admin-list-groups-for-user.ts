// AdminListGroupsForUser: the groups that a user is in, page by page.
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { readPool } from '../../read-pool.ts'
import { groupPageSizeMax, groupsPage, shownGroup } from '../../user-groups.ts'

export const adminListGroupsForUser = operation({
  name: 'AdminListGroupsForUser',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { records, poolId } = pool
    const { value: userPool } = await readPool(pool)
    const { value: user } = await requireUser(records, userPool, input.Username ?? '')
    const kind = `AdminListGroupsForUser ${poolId} ${user.sub}`
    const after = decodePageToken(kind, input.NextToken)
    const page = await groupsPage(records, user.usernameKey, {
      limit: input.Limit || groupPageSizeMax,
      ...(after === undefined ? {} : { after }),
    })
    return {
      Groups: page.groups.map((group) => shownGroup(poolId, group)),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
