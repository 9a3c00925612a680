// AdminUserGlobalSignOut: voids every token of a user.
import { readUserPool, requireUser } from '../../directory/find-user.ts'
import { operation } from '../../directory/operation.ts'
import { revoke, userRevocation } from '../revocation.ts'

export const adminUserGlobalSignOut = operation({
  name: 'AdminUserGlobalSignOut',
  runs: 'active',
  handle: async (input, context) => {
    const { records, poolId } = context.pool
    const userPool = await readUserPool(records, poolId)
    const user = await requireUser(records, userPool, input.Username ?? '')
    await revoke(context.pool, userRevocation(user.value.sub, context.clock.now() + 1), context)
    return {}
  },
})
