// A Lambda endpoint for tests: the Invoke API over HTTP, with functions that the test gives.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type TriggerEvent = {
  readonly version: string
  readonly triggerSource: string
  readonly region: string
  readonly userPoolId: string
  readonly userName: string
  readonly callerContext: { readonly awsSdkVersion: string; readonly clientId: string }
  request: Record<string, unknown>
  response: Record<string, unknown>
}

/** Returns what the function answers: an event, or any other JSON. Throwing ends the function with that error. */
export type TestFunction = (event: TriggerEvent) => unknown

export type LambdaCall = {
  readonly name: string
  readonly qualifier: string | undefined
  readonly authorization: string
  readonly event: TriggerEvent
}

export type LambdaEndpoint = {
  readonly origin: string
  readonly calls: readonly LambdaCall[]
  /** Calls of one triggerSource, oldest first. */
  callsOf(triggerSource: string): readonly LambdaCall[]
  /** Takes the place of an earlier function of that name. */
  define(name: string, run: TestFunction): void
  /** Answers with this status and error type, or this text, instead of running a function. */
  answerWith(
    name: string,
    answer: { readonly status?: number; readonly errorType?: string; readonly text?: string },
  ): void
  clear(): void
  close(): Promise<void>
}

export const functionArn = (name: string, region = 'us-east-1'): string =>
  `arn:aws:lambda:${region}:000000000000:function:${name}`

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

const invocation = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?Qualifier=(.+))?$/

export const startLambdaEndpoint = async (): Promise<LambdaEndpoint> => {
  const calls: LambdaCall[] = []
  const functions = new Map<string, TestFunction>()
  const answers = new Map<string, { status?: number; errorType?: string; text?: string }>()
  const server = createServer((request, response) => {
    void (async () => {
      const [, encoded = '', qualifier] = invocation.exec(request.url ?? '') ?? []
      const name = decodeURIComponent(encoded)
      const event = JSON.parse(await bodyOf(request)) as TriggerEvent
      calls.push({
        name,
        qualifier: qualifier === undefined ? undefined : decodeURIComponent(qualifier),
        authorization: request.headers.authorization ?? '',
        event: structuredClone(event),
      })
      const answer = answers.get(name)
      if (answer !== undefined) {
        const { status = 200, errorType, text = '{}' } = answer
        response.writeHead(status, errorType === undefined ? {} : { 'x-amzn-errortype': errorType }).end(text)
        return
      }
      const run = functions.get(name)
      if (run === undefined) {
        response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}')
        return
      }
      try {
        const result: unknown = await run(event)
        response.writeHead(200).end(JSON.stringify(result ?? null))
      } catch (error) {
        const errorMessage = error instanceof Error ? error.message : String(error)
        response
          .writeHead(200, { 'x-amz-function-error': 'Unhandled' })
          .end(JSON.stringify({ errorMessage, errorType: 'Error' }))
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    callsOf: (triggerSource) => calls.filter(({ event }) => event.triggerSource === triggerSource),
    define: (name, run) => {
      answers.delete(name)
      functions.set(name, run)
    },
    answerWith: (name, answer) => void answers.set(name, answer),
    clear: () => {
      calls.length = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
