// DeleteManagedLoginBranding: the client's pages go back to the service's own look.
import { readBranding } from '../../branding-rules.ts'
import { operation } from '../../operation.ts'
import { brandings } from '../../records/branding.ts'

export const deleteManagedLoginBranding = operation({
  name: 'DeleteManagedLoginBranding',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const stored = await readBranding(pool, input.ManagedLoginBrandingId)
    await pool.records.commit((changes) => changes.delete(brandings, stored))
    return {}
  },
})
