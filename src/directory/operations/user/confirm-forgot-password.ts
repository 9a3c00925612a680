// ConfirmForgotPassword: sets the new password of a user who has the code that ForgotPassword or an administrator's reset sent.

import { Fault } from '../../../wire/fault.ts'
import { replaceUser } from '../../change-user.ts'
import { readClientCall } from '../../client-call.ts'
import { readPending, requireCode } from '../../confirmation-code.ts'
import { findUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { pendingCodes } from '../../records/user.ts'
import { permanentPassword } from '../../set-password.ts'
import { simulatedCodesOf } from '../../simulated-codes.ts'
import { hidesUsers, noSuchUsername } from '../../user-existence.ts'

export const confirmForgotPassword = operation({
  name: 'ConfirmForgotPassword',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { userPool, client, username } = await readClientCall(context.pool, input)
    const stored = await findUser(records, userPool, username)
    if (hidesUsers(client)) {
      const simulated = { userPool, username, purpose: 'password-reset' } as const
      const codes = simulatedCodesOf(context)
      // Nobody, a disabled user, and one who asked for a code and had no address to send it to: see ForgotPassword.
      const isLikeNobody =
        stored?.value.isEnabled !== true ||
        (codes.isPending(simulated) &&
          (await readPending(records, { ...simulated, usernameKey: stored.value.usernameKey })) === undefined)
      if (isLikeNobody) throw codes.refusal(simulated)
    }
    if (stored === undefined) throw noSuchUsername(client)
    const user = stored.value
    if (!user.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')

    const code = await requireCode(
      records,
      {
        usernameKey: user.usernameKey,
        purpose: 'password-reset',
        addressOf: (attribute) => user.attributes[attribute],
      },
      input.ConfirmationCode ?? '',
      context,
    )
    const change = await permanentPassword(userPool, user, input.Password ?? '', context)
    const changed = await replaceUser(
      context,
      userPool,
      stored,
      { ...change, status: 'CONFIRMED' },
      { also: (changes) => changes.delete(pendingCodes, code) },
    )
    await context.triggers.postConfirmation(context.pool, {
      source: 'ConfirmForgotPassword',
      user: changed,
      clientId: client.clientId,
      clientMetadata: input.ClientMetadata,
    })
    return {}
  },
})
