// AdminUserGlobalSignOut: voids every token of a user.
import { requireUser } from '../../directory/find-user.ts'
import { operation } from '../../directory/operation.ts'
import { readPool } from '../../directory/read-pool.ts'
import { revoke, userRevocation } from '../revocation.ts'

export const adminUserGlobalSignOut = operation({
  name: 'AdminUserGlobalSignOut',
  runs: 'active',
  handle: async (input, context) => {
    const userPool = (await readPool(context.pool)).value
    const user = await requireUser(context.pool.records, userPool, input.Username ?? '')
    await revoke(context.pool, userRevocation(user.value.sub, context.clock.now() + 1), context)
    return {}
  },
})
