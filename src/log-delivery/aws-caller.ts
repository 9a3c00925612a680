// Signed requests to one AWS service, or to what stands in for it at a URL.
import { type AwsCredentials, type AwsSigner, createAwsSigner } from '../messages/delivery/aws-signer.ts'
import { post } from '../messages/delivery/post.ts'
import { DeliveryFailure } from '../messages/delivery/transport.ts'
import type { Clock } from '../telemetry/clock.ts'
import { SendFailure } from './log-sender.ts'

export type AwsCallerOptions = {
  /** A URL, or `aws`. */
  readonly endpoint: string
  /** Absent: those that the AWS SDK finds in the environment. */
  readonly credentials: AwsCredentials | undefined
  readonly clock: Clock
}

export type AwsCall = {
  readonly method: 'POST' | 'PUT'
  /** Where AWS itself has the service: `logs.us-east-1.amazonaws.com`, without the partition's domain. */
  readonly host: string
  readonly partition: string
  readonly region: string
  /** Begins with a slash. At a URL it comes after the URL's own path. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

const timeLimitMs = 10_000

/** AWS reference guide, "AWS partitions". */
const domains: Readonly<Record<string, string>> = { 'aws-cn': 'amazonaws.com.cn' }

/** About the lines themselves: the same ones are refused again. Of whatever else an operator may yet think (permissions, quotas, missing streams). */
const finalErrors: ReadonlySet<string> = new Set([
  'InvalidParameterException',
  'InvalidArgumentException',
  'SerializationException',
  'ValidationException',
  'EntityTooLarge',
])

/** The error's name in an answer of the JSON protocols (`__type`) or of S3 (`<Code>`). */
const errorCodeIn = (text: string): string | undefined =>
  (/"__type"\s*:\s*"(?:[^"#]*#)?(\w{1,64})"/.exec(text) ?? /<Code>(\w{1,64})<\/Code>/.exec(text))?.[1]

const urlOf = (endpoint: string, { host, partition, path }: AwsCall): URL =>
  new URL(
    endpoint === 'aws'
      ? `https://${host}.${domains[partition] ?? 'amazonaws.com'}${path}`
      : endpoint.replace(/\/$/, '') + path,
  )

export type AwsCaller = {
  /** Resolves with the text of a 2xx answer. Rejects with SendFailure. */
  call(call: AwsCall): Promise<string>
}

const answered = async (signer: AwsSigner, url: URL, call: AwsCall) => {
  try {
    const { method, region, body, signal } = call
    const headers = await signer.sign({ method, url, region, headers: call.headers, body })
    return await post(url.href, headers, body, timeLimitMs, { method, signal })
  } catch (error) {
    if (error instanceof DeliveryFailure)
      throw new SendFailure(error.reason, { isFinal: false, cause: error.cause })
    throw error
  }
}

export const createAwsCaller = (
  service: 'logs' | 'firehose' | 's3',
  { endpoint, credentials, clock }: AwsCallerOptions,
): AwsCaller => {
  const signer = createAwsSigner({ service, credentials, clock })
  return {
    call: async (call) => {
      const { status, text } = await answered(signer, urlOf(endpoint, call), call)
      if (status >= 200 && status < 300) return text
      const code = errorCodeIn(text)
      throw new SendFailure(code ?? `HTTP ${status}`, {
        isFinal: code !== undefined && finalErrors.has(code),
      })
    },
  }
}
