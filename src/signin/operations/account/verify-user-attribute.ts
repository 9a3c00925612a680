// VerifyUserAttribute: the code that was sent comes back, and the address counts as the user's.
import { purposeOf, requireVerifiable } from '../../../directory/attribute-verification.ts'
import { replaceUser } from '../../../directory/change-user.ts'
import { requireCode } from '../../../directory/confirmation-code.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { pendingCodes } from '../../../directory/records/user.ts'
import { verifyAccessToken } from '../../access-token.ts'

export const verifyUserAttribute = operation({
  name: 'VerifyUserAttribute',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const attribute = requireVerifiable(input.AttributeName)
    const { usernameKey, attributes } = user.value
    const code = await requireCode(
      records,
      { usernameKey, purpose: purposeOf(attribute), addressOf: (name) => attributes[name] },
      input.Code ?? '',
      context,
    )
    const { newValue } = code.value
    const { value: userPool } = await readPool(context.pool)
    await replaceUser(
      context,
      userPool,
      user,
      {
        attributes: {
          ...attributes,
          ...(newValue === undefined ? {} : { [attribute]: newValue }),
          [`${attribute}_verified`]: 'true',
        },
      },
      { also: (changes) => changes.delete(pendingCodes, code) },
    )
    return {}
  },
})
