// ResendConfirmationCode: sends a new code to a user who has yet to confirm their account. The one before is void.

import { Fault } from '../../../wire/fault.ts'
import { readClientCall } from '../../client-call.ts'
import { sendVerification, signUpDestination } from '../../code-delivery.ts'
import { prepareCode } from '../../confirmation-code.ts'
import { confirmationLink } from '../../confirmation-link.ts'
import { findUser } from '../../find-user.ts'
import { messagesAbout, quietly } from '../../messages-port.ts'
import { operation } from '../../operation.ts'
import { simulatedCodesOf } from '../../simulated-codes.ts'
import { hidesUsers, noSuchUsername, simulatedDelivery } from '../../user-existence.ts'

const nothingToVerify = (): Fault =>
  new Fault('NotAuthorizedException', 'Cannot resend codes. Auto verification not turned on.')

export const resendConfirmationCode = operation({
  name: 'ResendConfirmationCode',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { userPool, client, username } = await readClientCall(context.pool, input)
    const stored = await findUser(records, userPool, username)
    // Developer guide, "Managing error responses": nobody and a disabled user look the same.
    if (stored === undefined || (!stored.value.isEnabled && hidesUsers(client))) {
      if (!hidesUsers(client)) throw noSuchUsername(client)
      if (!userPool.settings.AutoVerifiedAttributes?.length) throw nothingToVerify()
      simulatedCodesOf(context).send({ userPool, username, purpose: 'sign-up' })
      return { CodeDeliveryDetails: await simulatedDelivery(records, userPool, username) }
    }
    const user = stored.value
    if (user.status !== 'UNCONFIRMED')
      throw new Fault('InvalidParameterException', 'User is already confirmed.')
    const destination = signUpDestination(userPool, user)
    if (destination === undefined) throw nothingToVerify()

    const { usernameKey } = user
    const { attribute, to: address } = destination
    const pending = await prepareCode(
      records,
      { usernameKey, purpose: 'sign-up', attribute, address },
      context,
    )
    await records.commit((changes) => {
      changes.expect(stored)
      pending.write(changes)
    })
    const outgoing = hidesUsers(client) ? quietly(context.messages) : context.messages
    const messages = messagesAbout(outgoing, {
      occasion: 'ResendCode',
      user,
      clientId: client.clientId,
      clientMetadata: input.ClientMetadata,
    })
    const about = { clientId: client.clientId, user, code: pending.code }
    const link = await confirmationLink({ ...context, records }, userPool, destination, about)
    return {
      CodeDeliveryDetails: await sendVerification(messages, userPool, user, destination, pending.code, link),
    }
  },
})
