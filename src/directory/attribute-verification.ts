// Verifying an e-mail address or phone number that a user has, or wants to have: the code that is sent, and what the right one changes.
import type { CodeDeliveryDetailsType } from '@aws-sdk/client-cognito-identity-provider'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Changes, Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type Destination, sendVerification } from './code-delivery.ts'
import { type CodePurpose, prepareCode } from './confirmation-code.ts'
import { type Messages, messagesAbout } from './messages-port.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

export type VerifiableAttribute = Destination['attribute']

const channels: Readonly<Record<VerifiableAttribute, Destination['channel']>> = {
  email: 'EMAIL',
  phone_number: 'SMS',
}

export const isVerifiable = (name: string | undefined): name is VerifiableAttribute =>
  name !== undefined && Object.hasOwn(channels, name)

export const purposeOf = (attribute: VerifiableAttribute): CodePurpose => `attribute:${attribute}`

/** Throws InvalidParameterException for an attribute that no code can verify. */
export const requireVerifiable = (name: string | undefined): VerifiableAttribute => {
  if (isVerifiable(name)) return name
  throw new Fault('InvalidParameterException', `Attribute ${name ?? ''} cannot be verified.`)
}

export type PreparedVerification = {
  write(changes: Pick<Changes<'regional'>, 'create' | 'replace'>): void
  /** To be called once the commit is done: no code goes out that nobody waits for. */
  send(): Promise<CodeDeliveryDetailsType>
}

/**
 * Makes a code for an address. `newValue` says that the user has the address only once it is verified
 * (API reference, UserAttributeUpdateSettingsType). Throws LimitExceededException when too many were sent.
 */
export const prepareVerification = async (
  parts: {
    readonly records: Pick<Records, 'get'>
    readonly userPool: UserPool
    readonly messages: Messages
    readonly clock: Clock
    readonly random: Random
  },
  user: User,
  about: {
    readonly attribute: VerifiableAttribute
    readonly to: string
    readonly isNewValue: boolean
    readonly occasion: 'UpdateUserAttribute' | 'VerifyUserAttribute'
    /** False for an administrator's, whose sendings aren't counted: nobody can ask for new codes to try through them. */
    readonly isUsersWish: boolean
    readonly clientId?: string
    readonly clientMetadata: Readonly<Record<string, string>> | undefined
  },
): Promise<PreparedVerification> => {
  const { attribute, to, occasion, isNewValue, isUsersWish, clientId, clientMetadata } = about
  const pending = await prepareCode(
    parts.records,
    {
      usernameKey: user.usernameKey,
      purpose: purposeOf(attribute),
      attribute,
      address: to,
      ...(isNewValue ? { newValue: to } : {}),
    },
    parts,
    { isLimited: isUsersWish },
  )
  const messages = messagesAbout(parts.messages, {
    occasion,
    user,
    ...(clientId === undefined ? {} : { clientId }),
    clientMetadata,
  })
  return {
    write: pending.write,
    send: () =>
      sendVerification(
        messages,
        parts.userPool,
        user,
        { attribute, channel: channels[attribute], to },
        pending.code,
      ),
  }
}
