// ListUserPoolClients: IDs and names of the pool's app clients, page by page.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { appClients } from '../../records/app-client.ts'

const pageSizeMax = 60

export const listUserPoolClients = operation({
  name: 'ListUserPoolClients',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const kind = `ListUserPoolClients ${pool.poolId}`
    const after = decodePageToken(kind, input.NextToken)
    // No client is registered dynamically yet, so there is nothing of that type to list.
    if (input.ClientType === 'DCR') return { UserPoolClients: [] }
    const page = await pool.records.list(appClients, { after, limit: input.MaxResults ?? pageSizeMax })
    return {
      UserPoolClients: page.items.map(({ value }) => ({
        ClientId: value.clientId,
        UserPoolId: pool.poolId,
        ClientName: value.name,
      })),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
