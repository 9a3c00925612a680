// DescribeResourceServer: one resource server and its scopes.
import { operation } from '../../operation.ts'
import { describedResourceServer, readResourceServer } from '../../resource-server-rules.ts'

export const describeResourceServer = operation({
  name: 'DescribeResourceServer',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value } = await readResourceServer(pool, input.Identifier)
    return { ResourceServer: describedResourceServer(pool.poolId, value) }
  },
})
