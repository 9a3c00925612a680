// AdminResetUserPassword: voids a user's password and sends a code with which a new one can be chosen.
import { Fault } from '../../../wire/fault.ts'
import { replaceUser } from '../../change-user.ts'
import { prepareCode } from '../../confirmation-code.ts'
import { requireUser } from '../../find-user.ts'
import { messagesAbout } from '../../messages-port.ts'
import { operation } from '../../operation.ts'
import {
  noRecoveryAddress,
  recoveryDestination,
  requireResettable,
  sendPasswordReset,
} from '../../password-recovery.ts'
import { readPool } from '../../read-pool.ts'

export const adminResetUserPassword = operation({
  name: 'AdminResetUserPassword',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(records, userPool, input.Username ?? '')
    const user = stored.value
    if (!user.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')
    requireResettable(user)
    const destination = recoveryDestination(userPool, user)
    if (destination === undefined) throw noRecoveryAddress()
    const { usernameKey } = user
    const { attribute, to: address } = destination
    const pending = await prepareCode(
      records,
      { usernameKey, purpose: 'password-reset', attribute, address },
      context,
    )
    await replaceUser(context, userPool, stored, { status: 'RESET_REQUIRED' }, { also: pending.write })
    const messages = messagesAbout(context.messages, {
      occasion: 'ForgotPassword',
      user,
      clientMetadata: input.ClientMetadata,
    })
    await sendPasswordReset(messages, userPool, user, destination, pending.code)
    return {}
  },
})
