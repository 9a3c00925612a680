// RevokeUserSession: ends another session of the user who asks, with all its tokens.
import { operation } from '../../../directory/operation.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { requireSession } from '../../shown-sessions.ts'
import { endSession } from '../../token-sessions.ts'

export const revokeUserSession = operation({
  name: 'RevokeUserSession',
  runs: 'active',
  handle: async (input, context) => {
    const { user, originJti } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const session = await requireSession(context, user.value, input.SessionId)
    if (session.originJti === originJti)
      throw new Fault('InvalidParameterException', 'The current session cannot be revoked.')
    await endSession(context.pool, session, context)
    return {}
  },
})
