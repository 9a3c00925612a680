// SetLogDeliveryConfiguration: where this Region's notification errors and sign-in events are to go. Each replica has its own.
import type { LogConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { unavailableInTier } from '../../pool-rules.ts'
import { readPool } from '../../read-pool.ts'
import { logDeliveries } from '../../records/pool-configuration.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** Developer guide, "Exporting quota and usage logs": the level of each source, and where it can go. */
const sources = {
  userNotification: { level: 'ERROR', destinations: ['CloudWatchLogsConfiguration'] },
  userAuthEvents: {
    level: 'INFO',
    destinations: ['CloudWatchLogsConfiguration', 'S3Configuration', 'FirehoseConfiguration'],
  },
} as const

const check = (configurations: readonly LogConfigurationType[], tier: string): void => {
  const named = configurations.map(({ EventSource }) => EventSource)
  if (new Set(named).size !== named.length) throw refuse('An event source is configured more than once.')
  for (const configuration of configurations) {
    const { EventSource, LogLevel } = configuration
    if (EventSource === undefined) continue
    if (EventSource === 'userAuthEvents' && tier !== 'PLUS')
      throw unavailableInTier('Delivery of user activity logs', tier)
    const { level, destinations } = sources[EventSource]
    if (LogLevel !== level) throw refuse(`The log level of ${EventSource} must be ${level}.`)
    const given = (
      ['CloudWatchLogsConfiguration', 'S3Configuration', 'FirehoseConfiguration'] as const
    ).filter((name) => configuration[name] !== undefined)
    if (given.length !== 1 || !given.every((name) => destinations.some((allowed) => allowed === name)))
      throw refuse(`${EventSource} needs one destination of: ${destinations.join(', ')}.`)
  }
}

export const setLogDeliveryConfiguration = operation({
  name: 'SetLogDeliveryConfiguration',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const configurations = input.LogConfigurations ?? []
    const { value: userPool } = await readPool(pool)
    check(configurations, userPool.settings.UserPoolTier ?? 'ESSENTIALS')
    const stored = await pool.records.get(logDeliveries, pool.poolId)
    const delivery = { poolId: pool.poolId, configurations }
    await pool.records.commit((changes) => {
      if (stored === undefined) changes.create(logDeliveries, delivery)
      else changes.replace(logDeliveries, stored, delivery)
    })
    return {
      LogDeliveryConfiguration: { UserPoolId: pool.poolId, LogConfigurations: [...configurations] },
    }
  },
})
