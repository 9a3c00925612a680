// Lambda functions over the Invoke API: AWS Lambda itself, SAM local, or an emulator.
import type { LambdaClient } from '@aws-sdk/client-lambda'
import {
  type FunctionOutcome,
  type FunctionRunner,
  FunctionUnreachable,
  functionNameOf,
} from './function-runner.ts'

export type LambdaCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export type LambdaEndpointOptions = {
  /** A URL, or `aws` for AWS Lambda in the Region that a function's ARN names. */
  readonly endpoint: string
  /** Absent for `aws`: those that the AWS SDK finds in the environment. */
  readonly credentials?: LambdaCredentials | undefined
}

const clientsMax = 32
const socketsMax = 50

/** AWS's errors that a further attempt may overcome (Lambda API reference, Invoke, "Errors"). */
const retryableErrors: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'ServiceException',
  'EC2ThrottledException',
  'ResourceNotReadyException',
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EPIPE',
  'TimeoutError',
])

const nameOfError = (error: unknown): string => {
  if (!(error instanceof Error)) return 'InternalError'
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : error.name
}

/** The message of an error that a function ended with (Lambda developer guide, "Function error"). */
const errorMessageIn = (payload: string): string => {
  try {
    const { errorMessage } = JSON.parse(payload) as { readonly errorMessage?: unknown }
    if (typeof errorMessage === 'string') return errorMessage
  } catch {
    // Not JSON: the function's error says nothing that could be shown.
  }
  return 'Unknown error'
}

export const createLambdaEndpoint = (options: LambdaEndpointOptions): FunctionRunner => {
  const isAws = options.endpoint === 'aws'
  const clients = new Map<string, Promise<LambdaClient>>()
  const clientFor = (region: string): Promise<LambdaClient> => {
    const known = clients.get(region)
    if (known !== undefined) return known
    if (clients.size >= clientsMax) throw new FunctionUnreachable('TooManyRegions', { isRetryable: false })
    const made = makeClient(region)
    clients.set(region, made)
    return made
  }
  // Loaded with the first call: most Regions have no triggers.
  const makeClient = async (region: string): Promise<LambdaClient> => {
    const [sdk, { NodeHttpHandler }] = await Promise.all([
      import('@aws-sdk/client-lambda'),
      import('@smithy/node-http-handler'),
    ])
    const { endpoint, credentials } = options
    return new sdk.LambdaClient({
      region,
      ...(isAws ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      // The attempts are counted by whoever calls, as Amazon Cognito documents them.
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({
        httpAgent: { maxSockets: socketsMax, keepAlive: true },
        httpsAgent: { maxSockets: socketsMax, keepAlive: true },
      }),
    })
  }

  const run = async (functionArn: string, payload: string, signal: AbortSignal): Promise<FunctionOutcome> => {
    const { region, name, qualifier } = functionNameOf(functionArn)
    const [client, { InvokeCommand }] = await Promise.all([
      clientFor(region),
      import('@aws-sdk/client-lambda'),
    ])
    // Emulators know their functions by name; another account's function has only its ARN.
    const target = isAws
      ? { FunctionName: functionArn }
      : { FunctionName: name, ...(qualifier === undefined ? {} : { Qualifier: qualifier }) }
    try {
      const answer = await client.send(
        new InvokeCommand({ ...target, InvocationType: 'RequestResponse', Payload: Buffer.from(payload) }),
        { abortSignal: signal },
      )
      const text = Buffer.from(answer.Payload ?? []).toString('utf8')
      if (answer.FunctionError === undefined) return { kind: 'returned', payload: text }
      return { kind: 'failed', message: errorMessageIn(text) }
    } catch (error) {
      signal.throwIfAborted()
      const code = nameOfError(error)
      const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } }
      const isRetryable = retryableErrors.has(code) || ($metadata?.httpStatusCode ?? 0) >= 500
      throw new FunctionUnreachable(code, { isRetryable, cause: error })
    }
  }

  return {
    has: () => Promise.resolve(true),
    run,
    close: async () => {
      for (const client of await Promise.all(clients.values())) client.destroy()
    },
  }
}
