// AdminConfirmSignUp: confirms a user without a code. Addresses stay unverified.
import { changeUser } from '../../change-user.ts'
import { requireUnconfirmed } from '../../confirm-user.ts'
import { operation } from '../../operation.ts'

export const adminConfirmSignUp = operation({
  name: 'AdminConfirmSignUp',
  runs: 'primary',
  handle: async (input, context) => {
    const user = await changeUser(context, input.Username, (user) => {
      requireUnconfirmed(user)
      return { status: 'CONFIRMED' }
    })
    await context.triggers.postConfirmation(context.pool, {
      source: 'ConfirmSignUp',
      user,
      clientMetadata: input.ClientMetadata,
    })
    return {}
  },
})
