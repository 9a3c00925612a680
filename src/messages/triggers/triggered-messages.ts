// The Messages port with a pool's message triggers before it: CustomMessage words a message, a custom sender takes it over.

import { filledBody, filledSubject, hasLinkPlace } from '../../directory/message-texts.ts'
import type { Message, MessageOccasion, Messages } from '../../directory/messages-port.ts'
import type { TriggerScope } from '../../directory/triggers-port.ts'
import type { Logger } from '../../telemetry/log.ts'
import { Fault } from '../../wire/fault.ts'
import { textIn } from './answer-fields.ts'
import type { CodeEncryption } from './encrypted-code.ts'
import {
  attributesInEvent,
  callTrigger,
  type EventRuntime,
  functionIn,
  lambdaConfigOf,
  subjectOf,
  type TriggerFunction,
} from './trigger-event.ts'

/** The placeholders that a function puts into its texts. */
const codeParameter = '{####}'
const usernameParameter = '{username}'
const linkParameter = '{##Click Here##}'

/** Longest texts that are sent (API model: EmailVerificationMessageType, SmsVerificationMessageType, EmailVerificationSubjectType). */
const charactersMax = { emailMessage: 20_000, smsMessage: 140, emailSubject: 140 } as const

const senders = {
  EMAIL: { trigger: 'CustomEmailSender', type: 'customEmailSenderRequestV1' },
  SMS: { trigger: 'CustomSMSSender', type: 'customSMSSenderRequestV1' },
} as const

export type TriggeredMessagesOptions = EventRuntime & {
  readonly messages: Messages
  readonly encryption: CodeEncryption
  readonly log: Pick<Logger, 'error'>
  scopeOf(poolId: string): TriggerScope
}

export const createTriggeredMessages = (options: TriggeredMessagesOptions): Messages => {
  const { messages, encryption, log, scopeOf } = options

  /** The function gets the code encrypted. What it makes of it is its own business (Custom sender Lambda triggers, "Important considerations"). */
  const handToSender = async (
    { poolId, channel, code }: Message,
    about: MessageOccasion,
    target: TriggerFunction,
    keyArn: string | undefined,
  ): Promise<void> => {
    const { trigger, type } = senders[channel]
    options.caller.requireRunners(trigger)
    const encrypted = code === undefined ? undefined : await encryptedFor(trigger, code, { poolId, keyArn })
    try {
      await callTrigger(options, poolId, target, {
        trigger,
        source: about.occasion,
        subject: subjectOf(about),
        request: {
          type,
          code: encrypted,
          clientMetadata: about.clientMetadata,
          userAttributes: attributesInEvent(about.user),
        },
        response: {},
      })
    } catch (error) {
      // Amazon invokes custom senders without waiting: what they come to is not the caller's to know. Such a function may return nothing.
      if (!(error instanceof Fault)) throw error
      if (error.code === 'InvalidLambdaResponseException') return
      log.error({ poolId, trigger, reason: error.code }, 'a custom sender failed')
    }
  }

  const encryptedFor = async (
    trigger: string,
    code: string,
    { poolId, keyArn }: { readonly poolId: string; readonly keyArn: string | undefined },
  ): Promise<string> => {
    if (keyArn === undefined)
      throw new Fault(
        'UnexpectedLambdaException',
        `${trigger} invocation failed due to configuration. LambdaConfig needs a KMSKeyID for custom senders.`,
      )
    try {
      return await encryption.encrypt(code, { poolId, keyArn })
    } catch (error) {
      throw new Fault(
        'UnexpectedLambdaException',
        `${trigger} invocation failed due to configuration. The code could not be encrypted under KMSKeyID ${keyArn}.`,
        { cause: error },
      )
    }
  }

  /** The message as a CustomMessage function wants it; what the function leaves out stays as it was. */
  const reworded = async (
    message: Message,
    about: MessageOccasion,
    target: TriggerFunction,
  ): Promise<Message> => {
    const isInvitation = about.occasion === 'AdminCreateUser'
    const answer = await callTrigger(options, message.poolId, target, {
      trigger: 'CustomMessage',
      source: about.occasion,
      subject: subjectOf(about),
      request: {
        userAttributes: attributesInEvent(about.user),
        codeParameter,
        ...(message.link === undefined ? {} : { linkParameter }),
        usernameParameter: isInvitation ? usernameParameter : null,
        clientMetadata: about.clientMetadata,
      },
      response: { smsMessage: null, emailMessage: null, emailSubject: null },
    })
    const values = { username: about.user.username, code: message.code ?? '', link: message.link }
    const carriesCode = (text: string): boolean =>
      text.includes(codeParameter) || (message.link !== undefined && hasLinkPlace(text))
    const own = (name: keyof typeof charactersMax): string | undefined => {
      const text = textIn(answer, name)
      if (text === undefined) return undefined
      const isBody = name !== 'emailSubject'
      const lacks = isBody && (!carriesCode(text) || (isInvitation && !text.includes(usernameParameter)))
      if (lacks || text.length > charactersMax[name])
        throw new Fault(
          'InvalidLambdaResponseException',
          `CustomMessage answered with an invalid ${name}: it must have the placeholders of the request, ` +
            `and at most ${charactersMax[name]} characters.`,
        )
      return text
    }
    const body = own(message.channel === 'EMAIL' ? 'emailMessage' : 'smsMessage')
    const subject = message.channel === 'EMAIL' ? own('emailSubject') : undefined
    const { isHtml, ...others } = message
    return {
      ...others,
      ...(body === undefined ? { isHtml } : filledBody(body, message.channel, values)),
      ...(subject === undefined ? {} : { subject: filledSubject(subject, values) }),
    }
  }

  return {
    send: async (given) => {
      const { about, ...message } = given
      if (about === undefined) return messages.send(message)
      const config = await lambdaConfigOf(scopeOf(message.poolId))
      const sender = functionIn(config, senders[message.channel].trigger)
      if (sender !== undefined) return handToSender(message, about, sender, config.KMSKeyID)
      const wording = functionIn(config, 'CustomMessage')
      return messages.send(wording === undefined ? message : await reworded(message, about, wording))
    },
  }
}
