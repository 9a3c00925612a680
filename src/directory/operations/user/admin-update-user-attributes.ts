// AdminUpdateUserAttributes: sets, replaces and (with empty values) removes attributes, and the aliases that they make.
import { attributesOf, updatedAttributes } from '../../attribute-rules.ts'
import { changeUser } from '../../change-user.ts'
import { operation } from '../../operation.ts'

export const adminUpdateUserAttributes = operation({
  name: 'AdminUpdateUserAttributes',
  runs: 'primary',
  handle: async (input, context) => {
    const given = attributesOf(input.UserAttributes)
    await changeUser(context, input.Username, (user, { schema }) => ({
      attributes: updatedAttributes(schema, user.attributes, given),
    }))
    return {}
  },
})
