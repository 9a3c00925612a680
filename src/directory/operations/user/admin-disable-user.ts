// AdminDisableUser: from now on the user can't sign in, nor refresh tokens.
import { changeUser } from '../../change-user.ts'
import { operation } from '../../operation.ts'

export const adminDisableUser = operation({
  name: 'AdminDisableUser',
  runs: 'primary',
  handle: async (input, context) => {
    await changeUser(context, input.Username, () => ({ isEnabled: false }))
    return {}
  },
})
