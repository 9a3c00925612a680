// DeleteResourceServer: its scopes stop being granted at the next token.
import { operation } from '../../operation.ts'
import { resourceServers } from '../../records/app-client.ts'
import { readResourceServer } from '../../resource-server-rules.ts'

export const deleteResourceServer = operation({
  name: 'DeleteResourceServer',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const stored = await readResourceServer(pool, input.Identifier)
    await pool.records.commit((changes) => changes.delete(resourceServers, stored))
    return {}
  },
})
