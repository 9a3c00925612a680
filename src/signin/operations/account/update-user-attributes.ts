// UpdateUserAttributes: a signed-in user changes attributes that their client may write; new addresses are verified by code.
import { checkWritable, userAttributesOf } from '../../../directory/attribute-rules.ts'
import { updateAttributes } from '../../../directory/attribute-update.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { clientOfPool } from '../../sign-in-request.ts'

export const updateUserAttributes = operation({
  name: 'UpdateUserAttributes',
  runs: 'primary',
  handle: async (input, context) => {
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const given = userAttributesOf(input.UserAttributes)
    const { value: userPool } = await readPool(context.pool)
    checkWritable(await clientOfPool(clientId, context.pool), userPool.schema, Object.keys(given))
    const { ClientMetadata: clientMetadata } = input
    const details = await updateAttributes(context, userPool, user, { given, clientId, clientMetadata })
    return { CodeDeliveryDetailsList: [...details] }
  },
})
