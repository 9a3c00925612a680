// DeleteUser: a signed-in user deletes their own account.
import { deleteUserWithAll } from '../../../directory/delete-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { verifyAccessToken } from '../../access-token.ts'

export const deleteUser = operation({
  name: 'DeleteUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const { value: userPool } = await readPool(context.pool)
    await deleteUserWithAll(context.pool.records, userPool, user, context)
    return {}
  },
})
