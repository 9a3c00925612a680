// AdminRevokeUserSession: ends a session of a user, with all its tokens.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { requireSession } from '../../shown-sessions.ts'
import { endSession } from '../../token-sessions.ts'

export const adminRevokeUserSession = operation({
  name: 'AdminRevokeUserSession',
  runs: 'active',
  handle: async (input, context) => {
    const userPool = (await readPool(context.pool)).value
    const user = await requireUser(context.pool.records, userPool, input.Username ?? '')
    const session = await requireSession(context, user.value, input.SessionId)
    await endSession(context.pool, session, context)
    return {}
  },
})
