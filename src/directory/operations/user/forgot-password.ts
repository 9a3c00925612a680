// ForgotPassword: sends a user a code with which they can choose a new password. The old one stays good until they do.

import { Fault } from '../../../wire/fault.ts'
import { readClientCall } from '../../client-call.ts'
import { prepareCode } from '../../confirmation-code.ts'
import { findUser } from '../../find-user.ts'
import { messagesAbout, quietly } from '../../messages-port.ts'
import { migrateUser } from '../../migrate-user.ts'
import { operation } from '../../operation.ts'
import {
  isAdminOnly,
  noRecoveryAddress,
  recoveryDestination,
  requireResettable,
  sendPasswordReset,
} from '../../password-recovery.ts'
import { simulatedCodesOf } from '../../simulated-codes.ts'
import { hidesUsers, noSuchUsername, simulatedDelivery } from '../../user-existence.ts'

export const forgotPassword = operation({
  name: 'ForgotPassword',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { userPool, client, username } = await readClientCall(context.pool, input)
    if (isAdminOnly(userPool))
      throw new Fault('NotAuthorizedException', 'Contact administrator to reset password.')
    const migrated = async () => {
      const user = await migrateUser(
        { ...context, userPool, client },
        { source: 'ForgotPassword', username, clientMetadata: input.ClientMetadata },
      )
      return user === undefined ? undefined : findUser(records, userPool, user.username)
    }
    const stored = (await findUser(records, userPool, username)) ?? (await migrated())
    const user = stored?.value
    const destination = user === undefined ? undefined : recoveryDestination(userPool, user)
    // Developer guide, "Managing error responses": nobody, a disabled user and one who can't be reached look the same.
    if (hidesUsers(client) && (user?.isEnabled !== true || destination === undefined)) {
      simulatedCodesOf(context).send({ userPool, username, purpose: 'password-reset' })
      return { CodeDeliveryDetails: await simulatedDelivery(records, userPool, username) }
    }
    if (stored === undefined || user === undefined) throw noSuchUsername(client)
    if (!user.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')
    requireResettable(user)
    if (destination === undefined) throw noRecoveryAddress()

    const { usernameKey } = user
    const { attribute, to: address } = destination
    const pending = await prepareCode(
      records,
      { usernameKey, purpose: 'password-reset', attribute, address },
      context,
    )
    await records.commit((changes) => {
      changes.expect(stored)
      pending.write(changes)
    })
    const outgoing = hidesUsers(client) ? quietly(context.messages) : context.messages
    const messages = messagesAbout(outgoing, {
      occasion: 'ForgotPassword',
      user,
      clientId: client.clientId,
      clientMetadata: input.ClientMetadata,
    })
    const details = await sendPasswordReset(messages, userPool, user, destination, pending.code)
    return { CodeDeliveryDetails: details }
  },
})
