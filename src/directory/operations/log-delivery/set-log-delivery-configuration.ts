// SetLogDeliveryConfiguration: where this Region's notification errors and sign-in events are to go. Each replica has its own.
import { checkLogConfigurations, destinationOf } from '../../log-destination.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { logDeliveries } from '../../records/pool-configuration.ts'

export const setLogDeliveryConfiguration = operation({
  name: 'SetLogDeliveryConfiguration',
  runs: 'inactive',
  handle: async (input, { pool, account, logs, log }) => {
    const configurations = input.LogConfigurations ?? []
    const { value: userPool } = await readPool(pool)
    checkLogConfigurations(configurations, {
      tier: userPool.settings.UserPoolTier ?? 'ESSENTIALS',
      account,
    })
    const stored = await pool.records.get(logDeliveries, pool.poolId)
    const delivery = { poolId: pool.poolId, configurations }
    await pool.records.commit((changes) => {
      if (stored === undefined) changes.create(logDeliveries, delivery)
      else changes.replace(logDeliveries, stored, delivery)
    })
    for (const configuration of configurations) {
      const kind = destinationOf(configuration)?.kind
      if (kind !== undefined && logs?.reaches(kind) !== true)
        log.warn(
          { poolId: pool.poolId, source: configuration.EventSource, destination: kind },
          'log delivery is configured, and nothing is delivered: this Region has no endpoint for it',
        )
    }
    return {
      LogDeliveryConfiguration: { UserPoolId: pool.poolId, LogConfigurations: [...configurations] },
    }
  },
})
