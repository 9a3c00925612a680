// AdminDeleteUser: deletes a user with all that is theirs.
import { deleteUserWithAll } from '../../delete-user.ts'
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'

export const adminDeleteUser = operation({
  name: 'AdminDeleteUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(records, userPool, input.Username ?? '')
    await deleteUserWithAll(records, userPool, stored, context)
    return {}
  },
})
