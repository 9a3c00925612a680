// One-time passwords that are sent during a sign-in: made, sealed into the challenge's Session, sent, and compared.
import { createHash, timingSafeEqual } from 'node:crypto'
import { filledBody, filledSubject } from '../directory/message-texts.ts'
import { deliveryDetails, type Message, messagesAbout } from '../directory/messages-port.ts'
import { randomString } from '../directory/random-string.ts'
import type { User } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import { countSending } from './factor-attempts.ts'
import type { SignInRequest } from './sign-in-request.ts'

export type Channel = Message['channel']

/** Where codes go: attribute, the parameter that answers, and the length Cognito's have: SMS and second factors 6, first factors 8. */
export const channelAttributes = { SMS: 'phone_number', EMAIL: 'email' } as const

const defaultText = 'Your authentication code is {####}.'
const defaultSubject = 'Your authentication code'

const messageOf = (pool: UserPool, channel: Channel, to: string, user: User, code: string): Message => {
  const values = { username: user.username, code }
  const own = channel === 'EMAIL' ? pool.mfa?.email?.Message : pool.settings.SmsAuthenticationMessage
  return {
    poolId: pool.poolId,
    to,
    channel,
    ...(channel === 'EMAIL'
      ? { subject: filledSubject(pool.mfa?.email?.Subject ?? defaultSubject, values) }
      : {}),
    ...filledBody(own ?? defaultText, channel, values),
    code,
  }
}

/** The challenge parameters that say where a code went. */
export const deliveryParameters = (channel: Channel, to: string): Record<string, string> => ({
  CODE_DELIVERY_DELIVERY_MEDIUM: channel,
  CODE_DELIVERY_DESTINATION: deliveryDetails(channelAttributes[channel], channel, to).Destination ?? '',
})

/** Makes a code of `length` digits and sends it. Throws TooManyRequestsException, or NotAuthorizedException for a locked-out user. */
export const sendCode = async (
  { client, pool, context, clientMetadata }: SignInRequest,
  user: User,
  { channel, to, length }: { readonly channel: Channel; readonly to: string; readonly length: number },
): Promise<string> => {
  await countSending(context, user)
  const code = randomString(context.random, '0123456789', length)
  const { clientId } = client
  const messages = messagesAbout(context.messages, {
    occasion: 'Authentication',
    user,
    clientId,
    clientMetadata,
  })
  await messages.send(messageOf(pool, channel, to, user, code))
  return code
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export const isSameCode = (expected: string, given: string): boolean =>
  timingSafeEqual(digest(expected), digest(given))
