// DescribeIdentityProvider: one provider, by its name.
import { describedProvider, readProvider } from '../../identity-provider-rules.ts'
import { operation } from '../../operation.ts'

export const describeIdentityProvider = operation({
  name: 'DescribeIdentityProvider',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value } = await readProvider(pool, input.ProviderName)
    return { IdentityProvider: describedProvider(pool.poolId, value) }
  },
})
