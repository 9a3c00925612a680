// Calls a trigger's function the way Amazon Cognito does: three attempts of five seconds each, and errors in Amazon's words.
import { Fault } from '../../wire/fault.ts'
import {
  type FunctionOutcome,
  type FunctionRunner,
  FunctionUnreachable,
  payloadBytesMax,
} from './function-runner.ts'

/** Developer guide, "Customizing user pool workflows with Lambda triggers", "Important considerations". */
export const functionTimeLimitMs = 5_000
const attemptCountMax = 3
const concurrentCallsMax = 1_000

export type FunctionCaller = {
  /** The object that the function returned. `trigger` is the name that errors give the function. */
  call(trigger: string, functionArn: string, event: object): Promise<Readonly<Record<string, unknown>>>
  /** Throws UnexpectedLambdaException in a Region with nowhere to run functions. */
  requireRunners(trigger: string): void
  close(): Promise<void>
}

/** An answer that isn't of the form that the trigger's page says. */
export const unrecognizable = (): Fault =>
  new Fault('InvalidLambdaResponseException', 'Unrecognizable lambda output')

const unexpected = (message: string, cause?: unknown): Fault =>
  new Fault('UnexpectedLambdaException', message, cause === undefined ? {} : { cause })

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parsed = (payload: string): Readonly<Record<string, unknown>> => {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    // Without the cause: it quotes what the function answered, which is nothing for a log.
    throw new Fault('InvalidLambdaResponseException', 'Invalid lambda function output : Invalid JSON')
  }
  if (!isObject(value)) throw unrecognizable()
  return value
}

/** `runners` in the order in which they are asked for a function. */
export const createFunctionCaller = (
  runners: readonly FunctionRunner[],
  timeLimitMs = functionTimeLimitMs,
): FunctionCaller => {
  let runningCount = 0

  const requireRunners = (trigger: string): void => {
    if (runners.length > 0) return
    throw unexpected(
      `${trigger} invocation failed due to configuration. This Region has nowhere to run Lambda functions: ` +
        'start it with --functions <folder> or --lambda-endpoint <URL>.',
    )
  }

  const runnerOf = async (trigger: string, functionArn: string): Promise<FunctionRunner> => {
    requireRunners(trigger)
    for (const runner of runners) if (await runner.has(functionArn)) return runner
    throw unexpected(`${trigger} invocation failed due to error ResourceNotFoundException.`)
  }

  /** Rejects with the last attempt's error. */
  const attempts = async (
    runner: FunctionRunner,
    functionArn: string,
    payload: string,
  ): Promise<FunctionOutcome> => {
    for (let attempt = 1; ; attempt += 1) {
      const signal = AbortSignal.timeout(timeLimitMs)
      try {
        return await runner.run(functionArn, payload, signal)
      } catch (error) {
        const isWorthTrying = error instanceof FunctionUnreachable ? error.isRetryable : signal.aborted
        if (!isWorthTrying || attempt === attemptCountMax) throw error
      }
    }
  }

  const outcomeOf = async (trigger: string, functionArn: string, payload: string) => {
    try {
      return await attempts(await runnerOf(trigger, functionArn), functionArn, payload)
    } catch (error) {
      if (error instanceof FunctionUnreachable)
        throw unexpected(`${trigger} invocation failed due to error ${error.code}.`, error)
      if (error instanceof Error && error.name === 'TimeoutError')
        throw unexpected(
          `${trigger} invocation failed due to error Socket timeout while invoking Lambda function.`,
          error,
        )
      throw error
    }
  }

  return {
    call: async (trigger, functionArn, event) => {
      if (runningCount >= concurrentCallsMax)
        throw unexpected(`${trigger} invocation failed due to error TooManyRequestsException.`)
      runningCount += 1
      try {
        const outcome = await outcomeOf(trigger, functionArn, JSON.stringify(event))
        if (outcome.kind === 'failed')
          throw new Fault('UserLambdaValidationException', `${trigger} failed with error ${outcome.message}.`)
        if (outcome.payload.length > payloadBytesMax) throw unrecognizable()
        return parsed(outcome.payload)
      } finally {
        runningCount -= 1
      }
    },
    requireRunners,
    close: async () => {
      for (const runner of runners) await runner.close()
    },
  }
}
