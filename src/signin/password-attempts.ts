// Lock-out after repeated failures with a password, as Amazon documents it ("Lockout behavior for failed sign-in attempts"), per Region.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../telemetry/clock.ts'
import { perRegion } from '../vault/per-region.ts'
import { Fault } from '../wire/fault.ts'

const freeFailures = 5
const lockedMsMax = 15 * 60_000
/** Without a failure for this long after the last lock-out the count starts again. */
const forgottenAfterMs = 15 * 60_000
/** Known users and names of nobody are counted apart, so that guessing names can't push a real user's count out. */
const countedMax = 50_000

type Failures = { readonly count: number; readonly lastAtMs: number }
export type AttemptSubject = {
  readonly poolId: string
  readonly usernameKey: string
  readonly isKnown: boolean
}

export type PasswordAttempts = {
  /** Throws NotAuthorizedException while the subject is locked out; that attempt isn't counted. */
  check(subject: AttemptSubject): void
  /** What came of an attempt. Throws as `check` when others failed meanwhile: guesses made at once are worth no more than one after the other. */
  failed(subject: AttemptSubject): void
  succeeded(subject: AttemptSubject): void
}

/** 1 s after the fifth failure, twice as long after each further one, 15 minutes at most. */
export const lockedMs = (failureCount: number): number =>
  failureCount < freeFailures
    ? 0
    : Math.min(1_000 * 2 ** Math.min(failureCount - freeFailures, 20), lockedMsMax)

export const createPasswordAttempts = (clock: Clock): PasswordAttempts => {
  const known = new LRUCache<string, Failures>({ max: countedMax })
  const unknown = new LRUCache<string, Failures>({ max: countedMax })
  const cacheOf = (subject: AttemptSubject): LRUCache<string, Failures> => (subject.isKnown ? known : unknown)
  const keyOf = ({ poolId, usernameKey }: AttemptSubject): string => `${poolId}\n${usernameKey}`
  const current = (subject: AttemptSubject): Failures | undefined => {
    const failures = cacheOf(subject).get(keyOf(subject))
    if (failures === undefined) return undefined
    const isForgotten = clock.now() >= failures.lastAtMs + lockedMs(failures.count) + forgottenAfterMs
    return isForgotten ? undefined : failures
  }
  const check = (subject: AttemptSubject): void => {
    const failures = current(subject)
    if (failures !== undefined && clock.now() < failures.lastAtMs + lockedMs(failures.count))
      throw new Fault('NotAuthorizedException', 'Password attempts exceeded')
  }
  return {
    check,
    failed: (subject) => {
      check(subject)
      const count = (current(subject)?.count ?? 0) + 1
      cacheOf(subject).set(keyOf(subject), { count, lastAtMs: clock.now() })
    },
    succeeded: (subject) => {
      check(subject)
      cacheOf(subject).delete(keyOf(subject))
    },
  }
}

/** The attempts of the Region whose vault this is. */
export const passwordAttemptsOf = perRegion((runtime: { readonly vault: object; readonly clock: Clock }) =>
  createPasswordAttempts(runtime.clock),
)
