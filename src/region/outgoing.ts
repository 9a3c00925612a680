// What a Region sends to the world: messages to users, calls of Lambda triggers, and user pool logs.
import { logDeliveries } from '../directory/records/pool-configuration.ts'
import { regionalSettings } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import type { LogDelivery } from '../log-delivery/create-log-delivery.ts'
import { startLogDelivery } from '../log-delivery/start-log-delivery.ts'
import { createMessages } from '../messages/create-messages.ts'
import { startDelivery } from '../messages/delivery/start-delivery.ts'
import { startTriggers, type TriggersOptions } from '../messages/triggers/start-triggers.ts'
import { backOffMs, systemTimer } from '../replication/timer.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Vault } from '../vault/vault.ts'
import type { RegionConfiguration } from './configuration.ts'

/** Between attempts to deliver logs. */
const logBackOff = { firstMs: 500, mostMs: 30_000 }

export type OutgoingParts = {
  readonly configuration: RegionConfiguration
  readonly vault: Vault
  /** Where codes for custom senders are encrypted, and as whom. */
  readonly keyService: TriggersOptions['keyService']
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

export type Outgoing = Pick<Runtime, 'messages' | 'triggers' | 'logs'> & {
  /** Undefined where no logs are delivered. */
  logCounts(): ReturnType<LogDelivery['counts']> | undefined
  /** What is under way is sent, within the limits of each. */
  close(): Promise<void>
}

export const startOutgoing = (parts: OutgoingParts): Outgoing => {
  const { configuration, vault, clock, random, log } = parts
  const { region, account } = configuration
  const [accessKey] = configuration.accessKeys
  if (accessKey === undefined) throw new TypeError('a Region has at least one access key')
  const logDelivery =
    configuration.logs === undefined
      ? undefined
      : startLogDelivery({
          region,
          account,
          configuration: configuration.logs,
          defaultCredentials: accessKey,
          configurationsOf: async (poolId) =>
            (await vault.pool(poolId).secondary.get(logDeliveries, poolId))?.value.configurations ?? [],
          ...systemTimer,
          backOffMs: (failures) => backOffMs(failures, logBackOff, random),
          clock,
          random,
          log,
        })
  const delivery = startDelivery({
    region,
    configuration: configuration.messages ?? {},
    environment: process.env,
    inbox: createMessages({ vault, clock, random, log }),
    emailOf: async (poolId) =>
      (await vault.pool(poolId).secondary.get(regionalSettings, poolId))?.value.email,
    logs: logDelivery?.logs,
    clock,
    log,
  })
  const lambda = startTriggers({
    region,
    lambda: configuration.lambda ?? {},
    defaultCredentials: accessKey,
    keyService: parts.keyService,
    messages: delivery.messages,
    environment: process.env,
    clock,
    random,
    log,
    scopeOf: (poolId) => ({ poolId, records: vault.pool(poolId).secondary }),
  })
  return {
    messages: lambda.messages,
    triggers: lambda.triggers,
    ...(logDelivery === undefined ? {} : { logs: logDelivery.logs }),
    logCounts: () => logDelivery?.counts(),
    close: async () => {
      await lambda.close()
      await delivery.close()
      await logDelivery?.close()
    },
  }
}
