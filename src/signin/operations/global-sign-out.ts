// GlobalSignOut: voids every token of the user who asks.
import { operation } from '../../directory/operation.ts'
import { verifyAccessToken } from '../access-token.ts'
import { revoke, userRevocation } from '../revocation.ts'

export const globalSignOut = operation({
  name: 'GlobalSignOut',
  runs: 'active',
  handle: async (input, context) => {
    const { user, issuedAtMs } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    // The clock of the Region that issued the token may be ahead of this one's: the token that asks must fall in any case.
    const validAfterMs = Math.max(context.clock.now(), issuedAtMs) + 1
    await revoke(context.pool, userRevocation(user.value.sub, validAfterMs), context)
    return {}
  },
})
