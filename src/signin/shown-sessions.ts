// A user's sessions as ListUserSessions and AdminListUserSessions show them, and one of them by its ID.
import type { SessionDescriptionType } from '@aws-sdk/client-cognito-identity-provider'
import type { PoolScope } from '../directory/operation.ts'
import { readPool } from '../directory/read-pool.ts'
import type { TokenSession } from '../directory/records/token-session.ts'
import type { User } from '../directory/records/user.ts'
import type { Clock } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { isTracked, sessionsOf } from './token-sessions.ts'

/** All sessions of a user come in one page (API reference, AdminListUserSessions). */
const sessionsShownMax = 125

type Where = { readonly pool: PoolScope<'regional'>; readonly clock: Clock }
type Whose = Pick<User, 'usernameKey' | 'sub'>

/** None in a pool that doesn't track sessions now. */
const liveSessions = async ({ pool, clock }: Where, user: Whose): Promise<readonly TokenSession[]> =>
  isTracked((await readPool(pool)).value) ? sessionsOf(pool.records, user, { clock }) : []

/** `originJti` is that of the access token that asks. Throws InvalidParameterException for a NextToken: none was given out. */
export const shownSessions = async (
  where: Where,
  user: Whose,
  nextToken: string | undefined,
  originJti?: string,
): Promise<SessionDescriptionType[]> => {
  if (nextToken !== undefined) throw new Fault('InvalidParameterException', 'Invalid pagination token.')
  const sessions = await liveSessions(where, user)
  return sessions.slice(0, sessionsShownMax).map((session) => ({
    SessionId: session.sessionId,
    SessionType: 'TOKEN',
    ClientId: session.clientId,
    CreateDate: new Date(session.createdAtMs),
    LastActiveDate: new Date(session.lastActiveAtMs),
    DeviceType: 'unknown',
    LastIPAddress: session.lastIp,
    IsCurrentSession: session.originJti === originJti,
  }))
}

/** A live session of the user. Throws ResourceNotFoundException for any other. */
export const requireSession = async (
  where: Where,
  user: Whose,
  sessionId: string | undefined,
): Promise<TokenSession> => {
  const session = (await liveSessions(where, user)).find((known) => known.sessionId === sessionId)
  if (session === undefined) throw new Fault('ResourceNotFoundException', 'Session does not exist.')
  return session
}
