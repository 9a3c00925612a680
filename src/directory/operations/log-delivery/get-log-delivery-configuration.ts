// GetLogDeliveryConfiguration: where this Region's logs of the pool are to go.
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { logDeliveries } from '../../records/pool-configuration.ts'

export const getLogDeliveryConfiguration = operation({
  name: 'GetLogDeliveryConfiguration',
  runs: 'inactive',
  handle: async (_input, { pool }) => {
    await readPool(pool)
    const stored = await pool.records.get(logDeliveries, pool.poolId)
    return {
      LogDeliveryConfiguration: {
        UserPoolId: pool.poolId,
        LogConfigurations: [...(stored?.value.configurations ?? [])],
      },
    }
  },
})
