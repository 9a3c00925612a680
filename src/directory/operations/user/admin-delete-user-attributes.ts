// AdminDeleteUserAttributes: removes attributes, and with them the aliases that they made.
import { withoutAttributes } from '../../attribute-rules.ts'
import { changeUser } from '../../change-user.ts'
import { operation } from '../../operation.ts'

export const adminDeleteUserAttributes = operation({
  name: 'AdminDeleteUserAttributes',
  runs: 'primary',
  handle: async (input, context) => {
    const names = input.UserAttributeNames ?? []
    await changeUser(context, input.Username, (user, { schema }) => ({
      attributes: withoutAttributes(schema, user.attributes, names),
    }))
    return {}
  },
})
