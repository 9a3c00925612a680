// GetUICustomization: what a client's classic pages look like: its own, or else the one for all clients.
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { allClients, customizationOf, describedCustomization } from '../../ui-customization-rules.ts'

export const getUiCustomization = operation({
  name: 'GetUICustomization',
  runs: 'inactive',
  handle: async (input, { pool, endpoints }) => {
    const clientId = input.ClientId ?? allClients
    if (clientId !== allClients) await readClient(pool, clientId)
    const found = await customizationOf(pool.records, clientId)
    return {
      UICustomization:
        found === undefined
          ? { UserPoolId: pool.poolId, ClientId: clientId }
          : describedCustomization(pool.poolId, found, endpoints),
    }
  },
})
