// SMS through Amazon SNS, or an endpoint that speaks its query protocol (SNS API reference, Publish).
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '../../telemetry/clock.ts'
import { post } from './post.ts'
import { DeliveryFailure, type Transport } from './transport.ts'

export type SnsCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export type SnsConfiguration = {
  /** A URL, or `aws`. */
  readonly endpoint: string
  /** Absent: this Region's name. */
  readonly region?: string | undefined
  /** Absent: those that the AWS SDK finds in the environment. */
  readonly credentials?: SnsCredentials | undefined
  /** What receivers see as the sender, where their country allows that. */
  readonly senderId?: string | undefined
}

const apiVersion = '2010-03-31'

const attributesOf = (values: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(
    given.flatMap(([name, value], index) => {
      const entry = `MessageAttributes.entry.${index + 1}`
      return [
        [`${entry}.Name`, name],
        [`${entry}.Value.DataType`, 'String'],
        [`${entry}.Value.StringValue`, value],
      ]
    }),
  )
}

/** The AWS SDK's own chain (environment, profile, container, instance), as its clients have it. */
const credentialsOfEnvironment = async (region: string): Promise<() => Promise<SnsCredentials>> => {
  const { KMSClient } = await import('@aws-sdk/client-kms')
  return new KMSClient({ region }).config.credentials
}

export const createSns = (
  configuration: SnsConfiguration,
  {
    region: ownRegion,
    timeLimitMs,
    clock,
  }: { readonly region: string; readonly timeLimitMs: number; readonly clock: Clock },
): Transport => {
  const region = configuration.region ?? ownRegion
  const { credentials, senderId } = configuration
  const endpoint = new URL(
    configuration.endpoint === 'aws' ? `https://sns.${region}.amazonaws.com/` : configuration.endpoint,
  )
  let signer: Promise<SignatureV4> | undefined
  const makeSigner = async (): Promise<SignatureV4> =>
    new SignatureV4({
      service: 'sns',
      region,
      credentials: credentials ?? (await credentialsOfEnvironment(region)),
      sha256: Sha256,
    })
  const sign = async (body: string): Promise<Record<string, string>> => {
    signer ??= makeSigner()
    try {
      const { headers } = await (await signer).sign(
        {
          method: 'POST',
          protocol: endpoint.protocol,
          hostname: endpoint.hostname,
          path: endpoint.pathname,
          query: {},
          headers: {
            host: endpoint.host,
            'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          },
          body,
        },
        { signingDate: new Date(clock.now()) },
      )
      // fetch names the host itself, from the URL.
      const { host: _, ...others } = headers
      return others
    } catch (error) {
      throw new DeliveryFailure('no credentials', { cause: error })
    }
  }

  return {
    send: async ({ to, body: text }) => {
      const body = new URLSearchParams({
        Action: 'Publish',
        Version: apiVersion,
        PhoneNumber: to,
        Message: text,
        // Codes are worth more than their price: SNS optimises these for delivery.
        ...attributesOf({ 'AWS.SNS.SMS.SMSType': 'Transactional', 'AWS.SNS.SMS.SenderID': senderId }),
      }).toString()
      const { status, text: answer } = await post(endpoint.href, await sign(body), body, timeLimitMs)
      if (status !== 200)
        throw new DeliveryFailure(
          `HTTP ${status} ${/<Code>(\w{1,64})<\/Code>/.exec(answer)?.[1] ?? ''}`.trim(),
        )
    },
    close: () => {},
  }
}
