// How a user who lost their password gets a new one: the address that a code goes to.
import type {
  CodeDeliveryDetailsType,
  RecoveryOptionNameType,
  UserStatusType,
} from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import { type Destination, destinationsOf } from './code-delivery.ts'
import { addressed, passwordReset } from './message-texts.ts'
import { deliveryDetails, type Messages } from './messages-port.ts'
import type { MfaFactor, User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

const attributeOf: Readonly<Record<RecoveryOptionNameType, string | undefined>> = {
  verified_email: 'email',
  verified_phone_number: 'phone_number',
  admin_only: undefined,
}

const mechanismsOf = ({ settings }: UserPool) => settings.AccountRecoverySetting?.RecoveryMechanisms ?? []

/** Whether users must turn to an administrator (API reference, RecoveryOptionType). */
export const isAdminOnly = (userPool: UserPool): boolean =>
  mechanismsOf(userPool).some(({ Name }) => Name === 'admin_only')

/** The second factor that a recovery by the same address would make the only one. */
const factorOf: Readonly<Record<string, MfaFactor>> = { email: 'EMAIL_OTP', phone_number: 'SMS_MFA' }

const isSecondFactor = ({ settings }: UserPool, { mfa }: User, attribute: string): boolean =>
  settings.MfaConfiguration !== 'OFF' &&
  mfa?.enabled.some((factor) => factor === factorOf[attribute]) === true

/**
 * The verified address that comes first in the pool's recovery setting and doesn't get the user's MFA codes (API reference, CreateUserPool,
 * "AccountRecoverySetting"); undefined when there is none.
 */
export const recoveryDestination = (userPool: UserPool, user: User): Destination | undefined => {
  const attributes = mechanismsOf(userPool)
    .toSorted((first, second) => (first.Priority ?? 0) - (second.Priority ?? 0))
    .flatMap(({ Name }) => (Name === undefined ? [] : (attributeOf[Name] ?? [])))
    .filter((attribute) => user.attributes[`${attribute}_verified`] === 'true')
    .filter((attribute) => !isSecondFactor(userPool, user, attribute))
  return attributes.flatMap((attribute) => destinationsOf(user, [attribute]))[0]
}

export const noRecoveryAddress = (): Fault =>
  new Fault(
    'InvalidParameterException',
    'Cannot reset password for the user as there is no registered/verified email or phone_number',
  )

const resettable: ReadonlySet<UserStatusType | undefined> = new Set([
  'CONFIRMED',
  'RESET_REQUIRED',
  'UNCONFIRMED',
])

/**
 * Users who have had a password of their own can have it reset; others have a temporary one, or sign in elsewhere. Who hasn't confirmed
 * their account yet can where an address is verified, and the code confirms the account as well.
 */
export const requireResettable = ({ status }: Pick<User, 'status'>): void => {
  if (!resettable.has(status))
    throw new Fault('NotAuthorizedException', 'User password cannot be reset in the current state.')
}

export const sendPasswordReset = async (
  messages: Messages,
  userPool: UserPool,
  user: Pick<User, 'username'>,
  destination: Destination,
  code: string,
): Promise<CodeDeliveryDetailsType> => {
  await messages.send(passwordReset(userPool, addressed(userPool, user, destination), code))
  return deliveryDetails(destination.attribute, destination.channel, destination.to)
}
