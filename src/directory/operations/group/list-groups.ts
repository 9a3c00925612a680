// ListGroups: the pool's groups, page by page.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { groups } from '../../records/user.ts'
import { groupPageSizeMax, shownGroup } from '../../user-groups.ts'

export const listGroups = operation({
  name: 'ListGroups',
  runs: 'inactive',
  handle: async (input, { pool: { poolId, records } }) => {
    const kind = `ListGroups ${poolId}`
    const after = decodePageToken(kind, input.NextToken)
    const page = await records.list(groups, {
      limit: input.Limit || groupPageSizeMax,
      ...(after === undefined ? {} : { after }),
    })
    return {
      Groups: page.items.map(({ value }) => shownGroup(poolId, value)),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
