// CreateManagedLoginBranding: the style of one client's managed login pages.
import { Fault } from '../../../wire/fault.ts'
import { describedBranding, settledBranding } from '../../branding-rules.ts'
import { operation } from '../../operation.ts'
import { randomUuid } from '../../random-uuid.ts'
import { readClient } from '../../read-client.ts'
import { type Branding, brandings } from '../../records/branding.ts'

export const createManagedLoginBranding = operation({
  name: 'CreateManagedLoginBranding',
  runs: 'primary',
  handle: async (input, { pool, clock, random }) => {
    const style = settledBranding(input)
    const { clientId } = (await readClient(pool, input.ClientId)).value
    if ((await pool.records.get(brandings, clientId)) !== undefined)
      throw new Fault(
        'ManagedLoginBrandingExistsException',
        `Managed login branding already exists for the app client ${clientId}.`,
      )
    const nowMs = clock.now()
    const branding: Branding = {
      ...style,
      brandingId: randomUuid(random),
      clientId,
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
    }
    await pool.records.commit((changes) => changes.create(brandings, branding))
    return { ManagedLoginBranding: describedBranding(pool.poolId, branding) }
  },
})
