// An event of threat protection on its way to where the pool's user activity is delivered, which the event waits for in nothing.
import type { Context } from '../../directory/operation.ts'
import type { AuthEvent } from '../../directory/records/auth-event.ts'
import type { User } from '../../directory/records/user.ts'
import type { GivenContext } from './origin.ts'

/** `given` is what the client said of itself; feedback says nothing of it. */
export const logActivity = (
  { logs, pool, requestId }: Pick<Context<'active'>, 'logs' | 'pool' | 'requestId'>,
  user: Pick<User, 'sub' | 'username'>,
  event: AuthEvent,
  given: GivenContext = {},
): void =>
  logs?.deliver({
    source: 'userAuthEvents',
    poolId: pool.poolId,
    user: { sub: user.sub, username: user.username },
    event,
    requestId,
    hasContextData: given.ContextData !== undefined || given.UserContextData !== undefined,
  })
