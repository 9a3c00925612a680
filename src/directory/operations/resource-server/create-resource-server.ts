// CreateResourceServer: an API and its scopes, which app clients may then ask for.
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { resourceServers } from '../../records/app-client.ts'
import { describedResourceServer, givenScopes, resourceServersMax } from '../../resource-server-rules.ts'

export const createResourceServer = operation({
  name: 'CreateResourceServer',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const server = {
      identifier: input.Identifier ?? '',
      name: input.Name ?? '',
      scopes: givenScopes(input.Scopes),
    }
    if ((await pool.records.get(resourceServers, server.identifier)) !== undefined)
      throw new Fault(
        'InvalidParameterException',
        `${server.identifier} already exists in user pool ${pool.poolId}.`,
      )
    if ((await pool.records.count(resourceServers)) >= resourceServersMax)
      throw new Fault(
        'LimitExceededException',
        `A user pool can have at most ${resourceServersMax} resource servers.`,
      )
    await pool.records.commit((changes) => changes.create(resourceServers, server))
    return { ResourceServer: describedResourceServer(pool.poolId, server) }
  },
})
