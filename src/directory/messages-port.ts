// The port to messages that go to users by e-mail or SMS.
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import type { TriggerUser } from './triggers-port.ts'

/** What a message is about: for the Lambda triggers that word messages or send them. */
export type MessageOccasion = TriggerUser & {
  readonly occasion:
    | 'SignUp'
    | 'AdminCreateUser'
    | 'ResendCode'
    | 'ForgotPassword'
    | 'UpdateUserAttribute'
    | 'VerifyUserAttribute'
    | 'Authentication'
    | 'AccountTakeOverNotification'
}

export type Message = {
  readonly poolId: string
  readonly to: string
  readonly channel: 'EMAIL' | 'SMS'
  /** In place of the sender that the pool's settings name. */
  readonly from?: string
  readonly subject?: string
  readonly body: string
  /** Whether the body is HTML; else it is plain text. */
  readonly isHtml?: boolean
  /** The code or temporary password that the message carries, for whoever reads the development inbox. */
  readonly code?: string
  /** Where the code is given back by following it, for functions that word the message. */
  readonly link?: string
  /** Whoever asked for it must not learn how long its delivery took, nor whether it came about: that would tell that there is such a user. */
  readonly isQuiet?: boolean
  /** Without it no trigger gets to see the message. */
  readonly about?: MessageOccasion
}

export type Messages = {
  /** Hands the message over for delivery; resolves when it is safely handed over. */
  send(message: Message): Promise<void>
}

/** The same port for messages of one occasion. */
export const messagesAbout = (messages: Messages, about: MessageOccasion): Messages => ({
  send: (message) => messages.send({ ...message, about }),
})

/** The same port for messages that a client asks for which hides users. */
export const quietly = (messages: Messages): Messages => ({
  send: (message) => messages.send({ ...message, isQuiet: true }),
})

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
