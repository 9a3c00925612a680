// GetCSVHeader: the columns that a file of users for this pool must have.
import { importColumns } from '../../import/import-header.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'

export const getCsvHeader = operation({
  name: 'GetCSVHeader',
  runs: 'primary',
  handle: async (_input, { pool }) => ({
    UserPoolId: pool.poolId,
    CSVHeader: [...importColumns((await readPool(pool)).value)],
  }),
})
