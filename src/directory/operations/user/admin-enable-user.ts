// AdminEnableUser: lets a user sign in again.
import { changeUser } from '../../change-user.ts'
import { operation } from '../../operation.ts'

export const adminEnableUser = operation({
  name: 'AdminEnableUser',
  runs: 'primary',
  handle: async (input, context) => {
    await changeUser(context, input.Username, () => ({ isEnabled: true }))
    return {}
  },
})
