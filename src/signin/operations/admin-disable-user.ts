// AdminDisableUser: from now on the user can't sign in, and every token of theirs is void (API reference, AdminDisableUser).
import { changeUser } from '../../directory/change-user.ts'
import { operation } from '../../directory/operation.ts'
import { revoke, userRevocation } from '../revocation.ts'

export const adminDisableUser = operation({
  name: 'AdminDisableUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { sub } = await changeUser(context, input.Username, () => ({ isEnabled: false }))
    await revoke(context.pool, userRevocation(sub, context.clock.now() + 1), context)
    return {}
  },
})
