// The Messages port that delivers: by e-mail and SMS where the deployment has a way to, and into the development inbox where not.
import type { EmailConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import type { UserPoolLogs } from '../../directory/log-delivery-port.ts'
import type { Message, Messages } from '../../directory/messages-port.ts'
import type { Logger } from '../../telemetry/log.ts'
import { Fault } from '../../wire/fault.ts'
import { DeliveryFailure, type Transport } from './transport.ts'

export type Transports = Readonly<Partial<Record<Message['channel'], Transport>>>

export type DeliveryOptions = {
  readonly transports: Transports
  readonly inbox: Messages
  readonly log: Pick<Logger, 'info' | 'error'>
  /** Told of what could not be delivered. */
  readonly logs?: Pick<UserPoolLogs, 'deliver'> | undefined
  /** The pool's EmailConfiguration in this Region. */
  emailOf(poolId: string): Promise<EmailConfigurationType | undefined>
}

const nameOf: Readonly<Record<Message['channel'], string>> = { EMAIL: 'e-mail', SMS: 'SMS' }

/** `arn:aws:ses:us-east-1:123456789012:identity/no-reply@example.com` names a sender where its identity is an address. */
const addressInArn = (arn: string | undefined): string | undefined => {
  const identity = arn?.split(':identity/')[1]
  return identity?.includes('@') ? identity : undefined
}

/** Only a pool that sends under an identity of its own has a sender of its own (API reference, EmailConfigurationType). */
export const senderOf = (email: EmailConfigurationType | undefined): string | undefined =>
  email?.EmailSendingAccount === 'DEVELOPER' ? (email.From ?? addressInArn(email.SourceArn)) : undefined

/** More than a mail server answers within its time limit. */
const unawaitedMax = 1_000

export type Delivery = {
  readonly messages: Messages
  /** Resolves when no message is on its way any more. */
  settled(): Promise<void>
}

export const createDelivery = ({ transports, inbox, log, logs, emailOf }: DeliveryOptions): Delivery => {
  const deliver = async (
    transport: Transport,
    { poolId, channel, to, from, subject, body, isHtml }: Message,
  ) => {
    const email = channel === 'EMAIL' ? await emailOf(poolId) : undefined
    await transport.send({
      poolId,
      to,
      subject: subject ?? '',
      body,
      isHtml: isHtml ?? false,
      from: from ?? senderOf(email),
      replyTo: email?.ReplyToEmailAddress,
    })
  }
  const noteFailure = ({ poolId, channel }: Message, reason: string): void => {
    log.error({ poolId, channel, reason }, 'a message could not be delivered')
    logs?.deliver({
      source: 'userNotification',
      poolId,
      details: `A message could not be delivered by ${nameOf[channel]}: ${reason}.`,
    })
  }
  const deliverOrFail = async (transport: Transport, message: Message): Promise<void> => {
    const { poolId, channel } = message
    try {
      await deliver(transport, message)
    } catch (error) {
      if (!(error instanceof DeliveryFailure)) throw error
      noteFailure(message, error.reason)
      throw new Fault(
        'CodeDeliveryFailureException',
        `The message could not be delivered by ${nameOf[channel]}.`,
        {
          cause: error,
        },
      )
    }
    log.info({ poolId, channel }, 'a message was handed over for delivery')
  }
  const unawaited = new Set<Promise<void>>()
  const deliverUnawaited = (transport: Transport, message: Message): void => {
    const { poolId, channel } = message
    const delivered = deliverOrFail(transport, message)
      .catch((error: unknown) => {
        // What a transport failed with is in the log already.
        if (!(error instanceof Fault))
          log.error({ err: error, poolId, channel }, 'a message could not be delivered')
      })
      .finally(() => unawaited.delete(delivered))
    unawaited.add(delivered)
  }
  return {
    messages: {
      send: async (message) => {
        const transport = transports[message.channel]
        if (transport === undefined) return inbox.send(message)
        if (message.isQuiet !== true) return deliverOrFail(transport, message)
        if (unawaited.size >= unawaitedMax) noteFailure(message, 'too many messages wait')
        else deliverUnawaited(transport, message)
      },
    },
    settled: async () => {
      await Promise.all(unawaited)
    },
  }
}
