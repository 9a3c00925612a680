// Users' sessions in pools that track them: recorded at a sign-in, renewed at a refresh, held to a limit, listed and revoked.
import { createHash } from 'node:crypto'
import type { PoolScope } from '../directory/operation.ts'
import { localTokenSessions, type TokenSession, tokenSessions } from '../directory/records/token-session.ts'
import type { User } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import type { Records, Stored, WritableRecords } from '../vault/records.ts'
import { expiredAmong } from './expired-records.ts'
import type { TokenOrigin } from './issue-tokens.ts'
import { familyRevocation, isRevoked, revoke } from './revocation.ts'
import { untilCommitted } from './until-committed.ts'

type SessionRuntime = Pick<Runtime, 'clock' | 'random' | 'replicaControl'>
type Scope = PoolScope<'regional'>
type Whose = Pick<User, 'usernameKey' | 'sub'>

/** More than a user can have: 100 live ones, and some that ended since. */
const recordsPerUserMax = 500
const sweptPerSession = 4

export const isTracked = ({ sessions }: Pick<UserPool, 'sessions'>): boolean => sessions?.isTracked === true

const base36 = 36n

/** The ID of a family's session: made from the family, so that it is the same in every Region. */
export const sessionIdOf = (originJti: string): string => {
  const digest = BigInt(`0x${createHash('sha256').update(originJti).digest('hex')}`)
  return `tkn${(digest % base36 ** 25n).toString(36).padStart(25, '0')}`
}

/** Where this replica records sessions. */
type Place = {
  readonly collection: typeof tokenSessions
  readonly records: WritableRecords
}
const placeOf = (pool: Scope): Place =>
  pool.registered.role === 'PRIMARY'
    ? { collection: tokenSessions, records: pool.asPrimary('records sessions') }
    : // The two collections hold the same; at a secondary only the regional one can be written, which the records see to.
      {
        collection: localTokenSessions as unknown as typeof tokenSessions,
        records: pool.records as WritableRecords,
      }

const recordsOf = async (
  records: Pick<Records, 'find'>,
  collection: typeof tokenSessions | typeof localTokenSessions,
  { usernameKey, sub }: Whose,
): Promise<readonly Stored<TokenSession>[]> => {
  const { items } = await records.find<TokenSession>(
    collection,
    { name: 'user', value: usernameKey },
    { limit: recordsPerUserMax },
  )
  return items.filter(({ value }) => value.sub === sub)
}

const isLive = async (
  records: Records,
  session: TokenSession,
  { clock }: Pick<Runtime, 'clock'>,
): Promise<boolean> =>
  clock.now() < session.expiresAtMs &&
  !(await isRevoked(records, {
    sub: session.sub,
    originJti: session.originJti,
    issuedAtMs: session.createdAtMs,
  }))

/** The user's live sessions that this Region knows of, the one that was active last first. */
export const sessionsOf = async (
  records: Records,
  user: Whose,
  runtime: Pick<Runtime, 'clock'>,
): Promise<readonly TokenSession[]> => {
  const [replicated, local] = await Promise.all([
    recordsOf(records, tokenSessions, user),
    recordsOf(records, localTokenSessions, user),
  ])
  const known = new Map<string, TokenSession>()
  for (const { value } of [...replicated, ...local]) {
    const other = known.get(value.sessionId)
    if (other === undefined || other.lastActiveAtMs < value.lastActiveAtMs) known.set(value.sessionId, value)
  }
  const sessions = [...known.values()]
  const live = await Promise.all(sessions.map((session) => isLive(records, session, runtime)))
  return sessions
    .filter((_, index) => live[index])
    .toSorted((first, second) => second.lastActiveAtMs - first.lastActiveAtMs)
}

/** Voids the session's tokens and drops its record where this replica may. */
export const endSession = async (
  pool: Scope,
  session: TokenSession,
  runtime: SessionRuntime,
): Promise<void> => {
  await untilCommitted(() =>
    revoke(pool, familyRevocation(session.originJti, runtime.clock.now(), session.expiresAtMs), runtime),
  )
  const { collection, records } = placeOf(pool)
  await untilCommitted(async () => {
    const stored = await records.get(collection, session.sessionId)
    if (stored !== undefined) await records.commit((changes) => changes.delete(collection, stored))
  })
}

/** Ends the sessions that were active longest ago, so that there is room for one more (API reference, UserPoolTokenSessionConfigType). */
const makeRoom = async (pool: Scope, user: Whose, maxPerUser: number, runtime: SessionRuntime) => {
  const live = await sessionsOf(pool.records, user, runtime)
  for (const session of live.slice(maxPerUser - 1)) await endSession(pool, session, runtime)
}

/** Records the session that a sign-in begins; nothing in a pool that doesn't track sessions. */
export const beginSession = async (
  pool: Scope,
  about: {
    readonly userPool: UserPool
    readonly user: Whose
    readonly clientId: string
    readonly origin: TokenOrigin
    readonly sourceIp: string
  },
  runtime: SessionRuntime,
): Promise<void> => {
  const { userPool, user, clientId, origin, sourceIp } = about
  if (userPool.sessions?.isTracked !== true) return
  await makeRoom(pool, user, userPool.sessions.tokenMaxPerUser, runtime)
  const { collection, records } = placeOf(pool)
  const nowMs = runtime.clock.now()
  await untilCommitted(async () => {
    const own = await recordsOf(records, collection, user)
    const live = await Promise.all(own.map(({ value }) => isLive(records, value, runtime)))
    const ended = own.filter((_, index) => !live[index])
    const keys = new Set(ended.map(({ key }) => key))
    const expired = await expiredAmong(records, collection, sweptPerSession, runtime)
    await records.commit((changes) => {
      changes.create(collection, {
        sessionId: sessionIdOf(origin.originJti),
        usernameKey: user.usernameKey,
        sub: user.sub,
        clientId,
        originJti: origin.originJti,
        createdAtMs: nowMs,
        lastActiveAtMs: nowMs,
        lastIp: sourceIp,
        expiresAtMs: origin.refreshExpiresAtMs,
      })
      for (const stored of [...ended, ...expired.filter(({ key }) => !keys.has(key))])
        changes.delete(collection, stored)
    })
  })
}

/** Notes that a session's tokens were refreshed. One that began while sessions weren't tracked stays unrecorded. */
export const renewSession = async (
  pool: Scope,
  userPool: UserPool,
  about: { readonly originJti: string; readonly sourceIp: string },
  runtime: Pick<Runtime, 'clock'>,
): Promise<void> => {
  if (!isTracked(userPool)) return
  const sessionId = sessionIdOf(about.originJti)
  const { collection, records } = placeOf(pool)
  await untilCommitted(async () => {
    const here = await records.get(collection, sessionId)
    const known = here ?? (await records.get(tokenSessions, sessionId))
    if (known === undefined) return
    const renewed: TokenSession = {
      ...known.value,
      lastActiveAtMs: runtime.clock.now(),
      lastIp: about.sourceIp,
    }
    await records.commit((changes) => {
      if (here === undefined) changes.create(collection, renewed)
      else changes.replace(collection, here, renewed)
    })
  })
}
