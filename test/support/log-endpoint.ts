// CloudWatch Logs, Data Firehose and S3 for tests: one HTTP server that keeps what is put there, if the signature is right.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { systemClock } from '../../src/telemetry/clock.ts'
import { isFault } from '../../src/wire/fault.ts'
import { verifySignature } from '../../src/wire/sigv4.ts'

/** An event as a destination keeps it. */
export type KeptLog = {
  readonly eventTimestamp: string
  readonly eventSource: string
  readonly logLevel: string
  readonly message: Readonly<Record<string, unknown>>
  readonly logSourceId: { readonly userPoolId: string }
}

export type LogRequest = {
  readonly service: 'logs' | 'firehose' | 's3'
  readonly action: string
  /** `<log group> <log stream>`, a stream's name, or `<bucket>/<key>`. */
  readonly target: string
  readonly logs: readonly KeptLog[]
}

type Answer = (request: LogRequest, response: ServerResponse) => boolean

export type LogEndpoint = {
  readonly origin: string
  /** Those that were taken, oldest first. */
  readonly requests: readonly LogRequest[]
  /** Why requests were refused: codes of wrong signatures and unknown requests. */
  readonly refusals: readonly string[]
  logsOf(poolId: string): readonly KeptLog[]
  /** Asked before a request is taken; answers it by itself when it returns true. */
  answerWith(answer: Answer | undefined): void
  /** Stops listening, and listens again at the same port. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const parsed = (lines: readonly string[]): readonly KeptLog[] =>
  lines.map((line) => JSON.parse(line) as KeptLog)

const readJson = (target: string, body: string): LogRequest | undefined => {
  const [api, action = ''] = target.split('.')
  if (api === 'Logs_20140328') {
    const {
      logGroupName,
      logStreamName,
      logEvents = [],
    } = JSON.parse(body) as {
      readonly logGroupName: string
      readonly logStreamName: string
      readonly logEvents?: readonly { readonly timestamp: number; readonly message: string }[]
    }
    const logs = parsed(logEvents.map(({ message }) => message))
    if (logEvents.some(({ timestamp }, index) => String(timestamp) !== logs[index]?.eventTimestamp))
      return undefined
    return { service: 'logs', action, target: `${logGroupName} ${logStreamName}`, logs }
  }
  if (api !== 'Firehose_20150804') return undefined
  const { DeliveryStreamName, Records } = JSON.parse(body) as {
    readonly DeliveryStreamName: string
    readonly Records: readonly { readonly Data: string }[]
  }
  const lines = Records.map(({ Data }) => Buffer.from(Data, 'base64').toString('utf8'))
  if (!lines.every((line) => line.endsWith('}\n'))) return undefined
  return { service: 'firehose', action, target: DeliveryStreamName, logs: parsed(lines) }
}

const readRequest = (request: IncomingMessage, body: Buffer): LogRequest | undefined => {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') return readJson(target, body.toString('utf8'))
  if (request.method !== 'PUT') return undefined
  const lines = gunzipSync(body).toString('utf8').split('\n')
  if (lines.pop() !== '') return undefined
  return { service: 's3', action: 'PutObject', target: (request.url ?? '').slice(1), logs: parsed(lines) }
}

export const refuseWith = (response: ServerResponse, status: number, type: string): true => {
  response.writeHead(status).end(JSON.stringify({ __type: `com.amazonaws#${type}`, message: type }))
  return true
}

/** Log streams have to be made before anything is put into them, as with CloudWatch Logs. */
export const startLogEndpoint = async (key: {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}): Promise<LogEndpoint> => {
  const requests: LogRequest[] = []
  const refusals: string[] = []
  const streams = new Set<string>()
  let answer: Answer | undefined

  const take = (read: LogRequest, response: ServerResponse): void => {
    const { service, action, target, logs } = read
    if (service === 'logs' && action === 'PutLogEvents' && !streams.has(target)) {
      refuseWith(response, 400, 'ResourceNotFoundException')
      return
    }
    if (action === 'CreateLogStream') streams.add(target)
    requests.push(read)
    const records = logs.map((_, index) => ({ RecordId: String(index) }))
    response.end(
      service === 'firehose' ? JSON.stringify({ FailedPutCount: 0, RequestResponses: records }) : '{}',
    )
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const read = readRequest(request, body)
    if (read === undefined) {
      refusals.push('unknown request')
      refuseWith(response, 400, 'InvalidArgumentException')
      return
    }
    try {
      await verifySignature({
        request,
        body,
        region: key.region,
        service: read.service,
        credentials: (id) =>
          id === key.accessKeyId
            ? { ...key, caller: { kind: 'account', account: '000000000000', arn: '' } }
            : undefined,
        clock: systemClock,
      })
    } catch (error) {
      refusals.push(isFault(error) ? error.code : String(error))
      refuseWith(response, 403, 'InvalidSignatureException')
      return
    }
    if (answer?.(read, response) !== true) take(read, response)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      refusals.push(String(error))
      response.destroy()
    })
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    refusals,
    logsOf: (poolId) =>
      requests.flatMap(({ logs }) => logs).filter(({ logSourceId }) => logSourceId.userPoolId === poolId),
    answerWith: (given) => {
      answer = given
    },
    stop,
    start: () => listen(port),
    close: stop,
  }
}
