// DeleteUserPoolClient: the client and its secrets are gone, and nobody signs in through it any more.
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { appClients } from '../../records/app-client.ts'

export const deleteUserPoolClient = operation({
  name: 'DeleteUserPoolClient',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const stored = await readClient(pool, input.ClientId)
    await pool.records.commit((changes) => changes.delete(appClients, stored))
    return {}
  },
})
