// A Region's Lambda triggers put together: where functions run, the Triggers port, and the messages that functions word or send.
import type { Messages } from '../../directory/messages-port.ts'
import type { TriggerScope, Triggers } from '../../directory/triggers-port.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Logger } from '../../telemetry/log.ts'
import { createFunctionCaller, functionTimeLimitMs } from './call-function.ts'
import { createTriggers } from './create-triggers.ts'
import { type CodeEncryptionOptions, createCodeEncryption } from './encrypted-code.ts'
import type { FunctionRunner } from './function-runner.ts'
import { createFunctionsFolder } from './functions-folder.ts'
import { createLambdaEndpoint, type LambdaCredentials } from './lambda-endpoint.ts'
import { createTriggeredMessages } from './triggered-messages.ts'

export type LambdaConfiguration = {
  /** A URL of the Invoke API, or `aws`. */
  readonly endpoint?: string | undefined
  readonly credentials?: LambdaCredentials | undefined
  /** A folder of functions; what it hasn't is looked for at the endpoint. */
  readonly functionsFolder?: string | undefined
}

export type TriggersOptions = {
  readonly region: string
  readonly lambda: LambdaConfiguration
  /** Sign calls to an endpoint for which the configuration names no credentials. */
  readonly defaultCredentials: LambdaCredentials
  readonly keyService: Omit<CodeEncryptionOptions, 'region'>
  readonly messages: Messages
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  readonly log: Pick<Logger, 'error'>
  scopeOf(poolId: string): TriggerScope
}

const runnersOf = ({ lambda, region, defaultCredentials, environment, clock, random }: TriggersOptions) => {
  const runners: FunctionRunner[] = []
  const { functionsFolder: folder, endpoint, credentials } = lambda
  if (folder !== undefined)
    runners.push(
      createFunctionsFolder({
        folder,
        region,
        environment,
        clock,
        random,
        timeLimitMs: functionTimeLimitMs,
      }),
    )
  if (endpoint !== undefined)
    runners.push(
      createLambdaEndpoint({
        endpoint,
        credentials: credentials ?? (endpoint === 'aws' ? undefined : defaultCredentials),
      }),
    )
  return runners
}

export const startTriggers = (
  options: TriggersOptions,
): { readonly triggers: Triggers; readonly messages: Messages; close(): Promise<void> } => {
  const { region, messages, log, scopeOf } = options
  const caller = createFunctionCaller(runnersOf(options))
  const encryption = createCodeEncryption({ region, ...options.keyService })
  return {
    triggers: createTriggers({ region, caller }),
    messages: createTriggeredMessages({ region, caller, encryption, messages, log, scopeOf }),
    close: async () => {
      encryption.close()
      await caller.close()
    },
  }
}
