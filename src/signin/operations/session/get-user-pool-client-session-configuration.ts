// GetUserPoolClientSessionConfiguration: how long a client reuses a hosted sign-in.
import { operation } from '../../../directory/operation.ts'
import { readClient } from '../../../directory/read-client.ts'
import { clientSessionConfiguration } from '../../session-configuration.ts'

export const getUserPoolClientSessionConfiguration = operation({
  name: 'GetUserPoolClientSessionConfiguration',
  runs: 'inactive',
  handle: async (input, { pool }) =>
    clientSessionConfiguration(pool.poolId, (await readClient(pool, input.ClientId)).value),
})
