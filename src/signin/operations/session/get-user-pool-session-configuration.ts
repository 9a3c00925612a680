// GetUserPoolSessionConfiguration: whether a pool tracks its users' sessions, and how many each may have.
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { poolSessionConfiguration } from '../../session-configuration.ts'

export const getUserPoolSessionConfiguration = operation({
  name: 'GetUserPoolSessionConfiguration',
  runs: 'inactive',
  handle: async (_input, { pool }) => poolSessionConfiguration((await readPool(pool)).value),
})
