// GetUserAuthFactors: the factors that the user who asks can sign in with.
import { operation } from '../../../directory/operation.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { shownAuthFactors } from '../../shown-auth-factors.ts'

export const getUserAuthFactors = operation({
  name: 'GetUserAuthFactors',
  runs: 'active',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    return shownAuthFactors(user.value, context.pool, context)
  },
})
