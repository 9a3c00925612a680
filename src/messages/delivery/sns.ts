// SMS through Amazon SNS, or an endpoint that speaks its query protocol (SNS API reference, Publish).
import type { Clock } from '../../telemetry/clock.ts'
import { type AwsCredentials, createAwsSigner } from './aws-signer.ts'
import { post } from './post.ts'
import { DeliveryFailure, type Transport } from './transport.ts'

export type SnsConfiguration = {
  /** A URL, or `aws`. */
  readonly endpoint: string
  /** Absent: this Region's name. */
  readonly region?: string | undefined
  /** Absent: those that the AWS SDK finds in the environment. */
  readonly credentials?: AwsCredentials | undefined
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
  const signer = createAwsSigner({ service: 'sns', credentials, clock })

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
      const headers = await signer.sign({
        method: 'POST',
        url: endpoint,
        region,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body,
      })
      const { status, text: answer } = await post(endpoint.href, headers, body, timeLimitMs)
      if (status !== 200)
        throw new DeliveryFailure(
          `HTTP ${status} ${/<Code>(\w{1,64})<\/Code>/.exec(answer)?.[1] ?? ''}`.trim(),
        )
    },
    close: () => {},
  }
}
