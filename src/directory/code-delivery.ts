// Where a user's codes go: which address, by which medium, and the message itself.
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import type { CodeUse } from './confirmation-code.ts'
import { addressed, verification, verificationByLink } from './message-texts.ts'
import { deliveryDetails, type Message, type Messages } from './messages-port.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

export type Destination = {
  readonly attribute: CodeUse['attribute']
  readonly channel: Message['channel']
  readonly to: string
}

const channels = [
  ['phone_number', 'SMS'],
  ['email', 'EMAIL'],
] as const

/** The addresses of a user among these attributes, the phone number first. */
export const destinationsOf = (
  user: Pick<User, 'attributes'>,
  attributes: readonly string[],
): readonly Destination[] =>
  channels.flatMap(([attribute, channel]) => {
    const to = user.attributes[attribute]
    return to !== undefined && attributes.includes(attribute) ? [{ attribute, channel, to }] : []
  })

/**
 * Where a sign-up is confirmed: an address of an attribute that the pool verifies by itself, the phone number when there are both
 * (developer guide, "Configuring email or phone verification"). Undefined when there is none: then an administrator must confirm.
 */
export const signUpDestination = (
  userPool: UserPool,
  user: Pick<User, 'attributes'>,
): Destination | undefined => destinationsOf(user, userPool.settings.AutoVerifiedAttributes ?? [])[0]

export const sendVerification = async (
  messages: Messages,
  userPool: UserPool,
  user: Pick<User, 'username'>,
  destination: Destination,
  code: string,
  /** Sent in place of the code. */
  link?: string,
): Promise<CodeDeliveryDetailsType> => {
  const { attribute, channel, to } = destination
  const receiver = addressed(userPool, user, destination)
  await messages.send(
    link === undefined
      ? verification(userPool, receiver, code)
      : verificationByLink(userPool, receiver, code, link),
  )
  return deliveryDetails(attribute, channel, to)
}
