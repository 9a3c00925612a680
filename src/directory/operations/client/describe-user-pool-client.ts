// DescribeUserPoolClient: an app client's settings, its secret included.
import { describedClient } from '../../client-description.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'

export const describeUserPoolClient = operation({
  name: 'DescribeUserPoolClient',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value } = await readClient(pool, input.ClientId)
    return { UserPoolClient: describedClient(pool.poolId, value) }
  },
})
