// ListResourceServers: the pool's resource servers, page by page.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { resourceServers } from '../../records/app-client.ts'
import { describedResourceServer } from '../../resource-server-rules.ts'

const pageSizeMax = 50

export const listResourceServers = operation({
  name: 'ListResourceServers',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const kind = `ListResourceServers ${pool.poolId}`
    const after = decodePageToken(kind, input.NextToken)
    const page = await pool.records.list(resourceServers, { after, limit: input.MaxResults ?? pageSizeMax })
    return {
      ResourceServers: page.items.map(({ value }) => describedResourceServer(pool.poolId, value)),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
