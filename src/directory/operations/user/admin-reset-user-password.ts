// AdminResetUserPassword: voids a user's password and sends a code with which a new one can be chosen.
import type { RecoveryOptionNameType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../../../wire/fault.ts'
import { replaceUser } from '../../change-user.ts'
import { type Destination, destinationsOf } from '../../code-delivery.ts'
import { prepareCode } from '../../confirmation-code.ts'
import { requireUser } from '../../find-user.ts'
import { addressed, passwordReset } from '../../message-texts.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import type { User } from '../../records/user.ts'
import type { UserPool } from '../../records/user-pool.ts'

const attributeOf: Readonly<Record<RecoveryOptionNameType, string | undefined>> = {
  verified_email: 'email',
  verified_phone_number: 'phone_number',
  admin_only: undefined,
}

/** The verified address that comes first in the pool's recovery setting. */
const recoveryDestination = ({ settings }: UserPool, user: User): Destination | undefined => {
  const mechanisms = settings.AccountRecoverySetting?.RecoveryMechanisms ?? []
  const attributes = mechanisms
    .toSorted((first, second) => (first.Priority ?? 0) - (second.Priority ?? 0))
    .flatMap(({ Name }) => (Name === undefined ? [] : (attributeOf[Name] ?? [])))
    .filter((attribute) => user.attributes[`${attribute}_verified`] === 'true')
  return attributes.flatMap((attribute) => destinationsOf(user, [attribute]))[0]
}

export const adminResetUserPassword = operation({
  name: 'AdminResetUserPassword',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(records, userPool, input.Username ?? '')
    const user = stored.value
    if (user.status !== 'CONFIRMED' && user.status !== 'RESET_REQUIRED')
      throw new Fault('NotAuthorizedException', 'User password cannot be reset in the current state.')
    const destination = recoveryDestination(userPool, user)
    if (destination === undefined)
      throw new Fault(
        'InvalidParameterException',
        'Cannot reset password for the user as there is no registered/verified email or phone_number',
      )
    const { usernameKey } = user
    const { attribute, to: address } = destination
    const pending = await prepareCode(
      records,
      { usernameKey, purpose: 'password-reset', attribute, address },
      context,
    )
    await replaceUser(context, userPool, stored, { status: 'RESET_REQUIRED' }, { also: pending.write })
    const receiver = addressed(userPool, user, destination)
    await context.messages.send(passwordReset(userPool, receiver, pending.code))
    return {}
  },
})
