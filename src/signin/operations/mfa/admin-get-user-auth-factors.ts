// AdminGetUserAuthFactors: the factors that a user can sign in with.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { shownAuthFactors } from '../../shown-auth-factors.ts'

export const adminGetUserAuthFactors = operation({
  name: 'AdminGetUserAuthFactors',
  runs: 'inactive',
  handle: async (input, context) => {
    const { pool } = context
    const user = await requireUser(pool.records, (await readPool(pool)).value, input.Username ?? '')
    return shownAuthFactors(user.value, pool, context)
  },
})
