// DeleteUserAttributes: a signed-in user removes attributes that their client may write.
import { checkWritable, withoutAttributes } from '../../../directory/attribute-rules.ts'
import { replaceUser } from '../../../directory/change-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { clientOfPool } from '../../sign-in-request.ts'

export const deleteUserAttributes = operation({
  name: 'DeleteUserAttributes',
  runs: 'primary',
  handle: async (input, context) => {
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const names = input.UserAttributeNames ?? []
    const { value: userPool } = await readPool(context.pool)
    checkWritable(await clientOfPool(clientId, context.pool), userPool.schema, names)
    const attributes = withoutAttributes(userPool.schema, user.value.attributes, names)
    await replaceUser(context, userPool, user, { attributes })
    return {}
  },
})
