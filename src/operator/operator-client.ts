// Calls the operator service of a Region, signed as any AWS call is (what `twinpool promote` and its siblings use).
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'

const targetPrefix = 'TwinpoolOperatorService'
const signingName = 'twinpool'
/** A planned promotion waits for the replica to catch up. */
const answerTimeoutMs = 60_000

export type OperatorClient = {
  /** Resolves with the output; rejects with OperatorRefusal, or the system's error when nobody answers. */
  call(operation: string, input: object): Promise<unknown>
}

/** The service answered with an error. `name` is its code. */
export class OperatorRefusal extends Error {
  readonly status: number
  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = code
    this.status = status
  }
}

export const createOperatorClient = (options: {
  /** The Region's own origin, or the router's. */
  readonly origin: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The certificate authority in PEM of a deployment with TLS. */
  readonly authority?: Buffer | undefined
}): OperatorClient => {
  const { origin, region, credentials, authority } = options
  const signer = new SignatureV4({ service: signingName, region, credentials, sha256: Sha256 })
  return {
    call: async (operation, input) => {
      const url = new URL('/', origin)
      const body = JSON.stringify(input)
      const signed = await signer.sign({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        path: '/',
        query: {},
        headers: {
          host: url.host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `${targetPrefix}.${operation}`,
        },
        body,
      })
      const isTls = url.protocol === 'https:'
      const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
        const outgoing = (isTls ? httpsRequest : httpRequest)(url, {
          method: 'POST',
          headers: signed.headers,
          agent: isTls ? new HttpsAgent({ ca: authority }) : new HttpAgent(),
          signal: AbortSignal.timeout(answerTimeoutMs),
        })
        outgoing.on('error', reject)
        outgoing.on('response', (response) => {
          text(response).then(
            (received) => resolve({ status: response.statusCode ?? 0, answer: received }),
            reject,
          )
        })
        outgoing.end(body)
      })
      const parsed = JSON.parse(answer) as { readonly __type?: string; readonly message?: string }
      if (status !== 200)
        throw new OperatorRefusal(parsed.__type ?? 'UnknownError', parsed.message ?? '', status)
      return parsed
    },
  }
}
