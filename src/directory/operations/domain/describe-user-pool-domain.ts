// DescribeUserPoolDomain: whose a domain is; for one that nobody has, an empty description.
import { describedDomain, readDomain } from '../../domain-rules.ts'
import { operation } from '../../operation.ts'

export const describeUserPoolDomain = operation({
  name: 'DescribeUserPoolDomain',
  runs: 'inactive',
  unknownDomain: { DomainDescription: {} },
  handle: async (input, { pool, account, endpoints }) => {
    const { value } = await readDomain(pool, input.Domain)
    const { routerOrigin } = endpoints
    return { DomainDescription: describedDomain(value, { poolId: pool.poolId, account, routerOrigin }) }
  },
})
