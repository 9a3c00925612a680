// DescribeManagedLoginBranding: a style by its ID.
import { describedBranding, readBranding } from '../../branding-rules.ts'
import { operation } from '../../operation.ts'

export const describeManagedLoginBranding = operation({
  name: 'DescribeManagedLoginBranding',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value } = await readBranding(pool, input.ManagedLoginBrandingId)
    return {
      ManagedLoginBranding: describedBranding(pool.poolId, value, { isMerged: input.ReturnMergedResources }),
    }
  },
})
