// ListUserSessions: the live sessions of the user who asks.
import { operation } from '../../../directory/operation.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { shownSessions } from '../../shown-sessions.ts'

export const listUserSessions = operation({
  name: 'ListUserSessions',
  runs: 'active',
  handle: async (input, context) => {
    const { user, originJti } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    return { Sessions: await shownSessions(context, user.value, input.NextToken, originJti) }
  },
})
