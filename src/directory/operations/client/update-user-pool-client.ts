// UpdateUserPoolClient: new settings for a client; what is left out goes back to its default. Its secrets stay.
import { describedClient } from '../../client-description.ts'
import { checkClientSettings } from '../../client-rules.ts'
import { settledClientSettings } from '../../client-settings.ts'
import { operation } from '../../operation.ts'
import { readClient, readSurroundings } from '../../read-client.ts'
import { appClients } from '../../records/app-client.ts'

export const updateUserPoolClient = operation({
  name: 'UpdateUserPoolClient',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const stored = await readClient(pool, input.ClientId)
    const hasSecret = stored.value.secrets.length > 0
    checkClientSettings(input, await readSurroundings(pool, { hasSecret, verb: 'updating' }))
    const client = {
      ...stored.value,
      name: input.ClientName ?? stored.value.name,
      modifiedAtMs: clock.now(),
      settings: settledClientSettings(input),
    }
    await pool.records.commit((changes) => changes.replace(appClients, stored, client))
    return { UserPoolClient: describedClient(pool.poolId, client) }
  },
})
