// AdminListUserSessions: the live sessions of a user.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { shownSessions } from '../../shown-sessions.ts'

export const adminListUserSessions = operation({
  name: 'AdminListUserSessions',
  runs: 'inactive',
  handle: async (input, context) => {
    const userPool = (await readPool(context.pool)).value
    const user = await requireUser(context.pool.records, userPool, input.Username ?? '')
    return { Sessions: await shownSessions(context, user.value, input.NextToken) }
  },
})
