// Keeping and finding the events of a user: in one record, the newest first, in this Region only.
import { type AuthEvent, type UserAuthEvents, userAuthEvents } from '../../directory/records/auth-event.ts'
import { type User, users } from '../../directory/records/user.ts'
import { Conflict } from '../../store/store.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Records, Stored, WritableRecords } from '../../vault/records.ts'

type Whose = Pick<User, 'usernameKey' | 'sub'>

/** Amazon keeps two years of events and no number; a user of ours has this many at most (docs/decisions/threat-protection.md). */
export const eventsPerUserMax = 50
const keptMs = 2 * 365 * 24 * 3_600_000
const sweptPerEvent = 2
const attemptsMax = 5

export const eventsOf = async (
  records: Pick<Records, 'get'>,
  { usernameKey, sub }: Whose,
  nowMs: number,
): Promise<readonly AuthEvent[]> => {
  const stored = await records.get(userAuthEvents, usernameKey)
  if (stored === undefined || stored.value.sub !== sub) return []
  return stored.value.events.filter(({ createdAtMs }) => createdAtMs > nowMs - keptMs)
}

/** Some that are too old, or whose user is gone: a secondary hears of a deletion by the user's absence only. */
const left = async (
  records: Records,
  usernameKey: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<readonly Stored<UserAuthEvents>[]> => {
  const after = random.bytes(16).toString('base64url')
  const { items } = await records.list(userAuthEvents, { after, limit: sweptPerEvent })
  const over: Stored<UserAuthEvents>[] = []
  for (const stored of items) {
    if (stored.value.usernameKey === usernameKey) continue
    const user = await records.get(users, stored.value.usernameKey)
    if (stored.value.expiresAtMs < clock.now() || user?.value.sub !== stored.value.sub) over.push(stored)
  }
  return over
}

/** Changes the user's events; `change` gets them newest first, and returns the same list for no change. */
export const changeEvents = async (
  records: WritableRecords<'regional'>,
  { usernameKey, sub }: Whose,
  change: (events: readonly AuthEvent[]) => readonly AuthEvent[],
  runtime: { readonly clock: Clock; readonly random: Random },
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await records.get(userAuthEvents, usernameKey)
    const before = stored?.value.sub === sub ? stored.value.events : []
    const events = change(before)
    if (events === before) return
    const [newest] = events
    const next: UserAuthEvents = {
      usernameKey,
      sub,
      events: events.slice(0, eventsPerUserMax),
      expiresAtMs: (newest?.createdAtMs ?? runtime.clock.now()) + keptMs,
    }
    const swept = await left(records, usernameKey, runtime)
    try {
      await records.commit((changes) => {
        if (stored === undefined) changes.create(userAuthEvents, next)
        else changes.replace(userAuthEvents, stored, next)
        for (const over of swept) changes.delete(userAuthEvents, over)
      })
      return
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
    }
  }
}
