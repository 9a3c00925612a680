// GetUser: the user whom an access token stands for, with the attributes that its client may read.
import { operation } from '../../directory/operation.ts'
import { shownMfa } from '../../directory/shown-mfa.ts'
import { verifyAccessToken } from '../access-token.ts'
import { clientOfPool } from '../sign-in-request.ts'
import { isReadable } from '../token-claims.ts'

export const getUser = operation({
  name: 'GetUser',
  runs: 'active',
  handle: async (input, context) => {
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const client = await clientOfPool(clientId, context.pool)
    return {
      Username: user.value.username,
      UserAttributes: Object.entries(user.value.attributes)
        .filter(([name]) => name === 'sub' || name === 'identities' || isReadable(name, client))
        .map(([Name, Value]) => ({ Name, Value })),
      ...shownMfa(user.value),
    }
  },
})
