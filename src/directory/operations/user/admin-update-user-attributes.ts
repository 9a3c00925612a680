// AdminUpdateUserAttributes: sets, replaces and (with empty values) removes attributes, and the aliases that they make.
import { userAttributesOf } from '../../attribute-rules.ts'
import { updateAttributes } from '../../attribute-update.ts'
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'

export const adminUpdateUserAttributes = operation({
  name: 'AdminUpdateUserAttributes',
  runs: 'primary',
  handle: async (input, context) => {
    const given = userAttributesOf(input.UserAttributes)
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(context.pool.records, userPool, input.Username ?? '')
    await updateAttributes(context, userPool, stored, { given, clientMetadata: input.ClientMetadata })
    return {}
  },
})
