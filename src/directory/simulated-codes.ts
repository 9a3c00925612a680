// Codes that nobody was sent: counted like those of users where a client hides who exists, so that the limits on codes tell nothing either.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../telemetry/clock.ts'
import { perRegion } from '../vault/per-region.ts'
import type { Fault } from '../wire/fault.ts'
import {
  attemptCountMax,
  attemptsExceeded,
  type CodePurpose,
  codeLifetimesMs,
  codeMismatch,
  sendingsMax,
  sendingsWindowMs,
} from './confirmation-code.ts'
import type { UserPool } from './records/user-pool.ts'
import { usernameKeyOf } from './username-rules.ts'

/** Names that are forgotten for others begin anew: an attacker learns no more of them than that many tries are worth. */
const countedMax = 50_000

export type SimulatedCode = {
  readonly userPool: UserPool
  /** As the client gave it. */
  readonly username: string
  readonly purpose: CodePurpose
}

type Counts = {
  readonly sentAtMs: readonly number[]
  readonly attemptCount: number
  readonly lastAtMs: number
}

export type SimulatedCodes = {
  /** Throws LimitExceededException when as many were asked for within the hour as a user would be sent. */
  send(code: SimulatedCode): void
  /** Whether one was asked for that would still be good. */
  isPending(code: SimulatedCode): boolean
  /** What a wrong guess is told: that it is wrong, or from the sixth on that there were too many. */
  refusal(code: SimulatedCode): Fault
}

export const createSimulatedCodes = (clock: Clock): SimulatedCodes => {
  const counted = new LRUCache<string, Counts>({ max: countedMax })
  const keyOf = ({ userPool, username, purpose }: SimulatedCode): string =>
    `${userPool.poolId}\n${purpose}\n${usernameKeyOf(userPool, username)}`
  const current = (code: SimulatedCode): Counts => {
    const counts = counted.get(keyOf(code))
    const isGood = counts !== undefined && clock.now() < counts.lastAtMs + codeLifetimesMs[code.purpose]
    return isGood ? counts : { sentAtMs: [], attemptCount: 0, lastAtMs: clock.now() }
  }
  return {
    send: (code) => {
      const nowMs = clock.now()
      const sentAtMs = current(code).sentAtMs.filter((atMs) => atMs > nowMs - sendingsWindowMs)
      if (sentAtMs.length >= sendingsMax) throw attemptsExceeded()
      counted.set(keyOf(code), { sentAtMs: [...sentAtMs, nowMs], attemptCount: 0, lastAtMs: nowMs })
    },
    isPending: (code) => current(code).sentAtMs.length > 0,
    refusal: (code) => {
      const counts = current(code)
      if (counts.attemptCount >= attemptCountMax) return attemptsExceeded()
      counted.set(keyOf(code), { ...counts, attemptCount: counts.attemptCount + 1 })
      return codeMismatch()
    },
  }
}

/** The counts of the Region whose vault this is. */
export const simulatedCodesOf = perRegion((runtime: { readonly vault: object; readonly clock: Clock }) =>
  createSimulatedCodes(runtime.clock),
)
