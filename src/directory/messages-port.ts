// The port to messages that go to users by e-mail or SMS.
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'

export type Message = {
  readonly poolId: string
  readonly to: string
  readonly channel: 'EMAIL' | 'SMS'
  readonly subject?: string
  readonly body: string
  /** The code or temporary password that the message carries, for whoever reads the development inbox. */
  readonly code?: string
}

export type Messages = {
  /** Hands the message over for delivery; resolves when it is safely handed over. */
  send(message: Message): Promise<void>
}

/** The masked form of a destination that Amazon shows: `j***@e***`, `+*******4333`. */
export const deliveryDetails = (
  attribute: string,
  channel: 'EMAIL' | 'SMS',
  to: string,
): CodeDeliveryDetailsType => {
  const [local = '', domain = ''] = to.split('@')
  const masked =
    channel === 'EMAIL'
      ? `${local.slice(0, 1)}***@${domain.slice(0, 1)}***`
      : `+${'*'.repeat(Math.max(to.length - 5, 0))}${to.slice(-4)}`
  return { AttributeName: attribute, DeliveryMedium: channel, Destination: masked }
}
