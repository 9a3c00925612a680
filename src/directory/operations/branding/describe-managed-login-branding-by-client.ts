// DescribeManagedLoginBrandingByClient: the style of a client.
import { describedBranding, readBrandingOfClient } from '../../branding-rules.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'

export const describeManagedLoginBrandingByClient = operation({
  name: 'DescribeManagedLoginBrandingByClient',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    await readClient(pool, input.ClientId)
    const { value } = await readBrandingOfClient(pool, input.ClientId)
    return {
      ManagedLoginBranding: describedBranding(pool.poolId, value, { isMerged: input.ReturnMergedResources }),
    }
  },
})
