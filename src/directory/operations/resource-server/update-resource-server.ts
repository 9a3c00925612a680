// UpdateResourceServer: another name, and the scopes that it has from now on; left out, it has none.
import { operation } from '../../operation.ts'
import { resourceServers } from '../../records/app-client.ts'
import { describedResourceServer, givenScopes, readResourceServer } from '../../resource-server-rules.ts'

export const updateResourceServer = operation({
  name: 'UpdateResourceServer',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const scopes = givenScopes(input.Scopes)
    const stored = await readResourceServer(pool, input.Identifier)
    const server = { ...stored.value, name: input.Name ?? stored.value.name, scopes }
    await pool.records.commit((changes) => changes.replace(resourceServers, stored, server))
    return { ResourceServer: describedResourceServer(pool.poolId, server) }
  },
})
