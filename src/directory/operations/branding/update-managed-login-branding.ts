// UpdateManagedLoginBranding: another style in the place of the one before; what is left out of the request stays.
import { describedBranding, readBranding, settledBranding } from '../../branding-rules.ts'
import { operation } from '../../operation.ts'
import { type Branding, brandings } from '../../records/branding.ts'

export const updateManagedLoginBranding = operation({
  name: 'UpdateManagedLoginBranding',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const stored = await readBranding(pool, input.ManagedLoginBrandingId)
    const given = settledBranding(input)
    const before = stored.value
    const isEmptied = given.usesDefaults
    const branding: Branding = {
      brandingId: before.brandingId,
      clientId: before.clientId,
      createdAtMs: before.createdAtMs,
      modifiedAtMs: clock.now(),
      usesDefaults: given.usesDefaults,
      assets: input.Assets === undefined && !isEmptied ? before.assets : given.assets,
      ...(isEmptied || (given.settings ?? before.settings) === undefined
        ? {}
        : { settings: given.settings ?? before.settings }),
    }
    await pool.records.commit((changes) => changes.replace(brandings, stored, branding))
    return { ManagedLoginBranding: describedBranding(pool.poolId, branding) }
  },
})
