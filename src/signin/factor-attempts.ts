// Codes of second factors and one-time passwords: each is good once, wrong ones lock out, and only so many are sent.
import { type FactorUse, factorUses } from '../directory/records/factor-use.ts'
import type { User } from '../directory/records/user.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Stored, WritableRecords } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { expiredAmong } from './expired-records.ts'
import { lockedMs } from './password-attempts.ts'

type Whose = Pick<User, 'usernameKey' | 'sub'>
type Where = {
  readonly pool: { readonly records: WritableRecords<'regional'> }
  readonly clock: Clock
  readonly random: Random
}

const hourMs = 3_600_000
/** How long failures and time steps are remembered: longer than the longest lock-out and than any time step that could still come. */
const rememberedMs = hourMs
/** Messages are paid for, and each new code brings new attempts. */
const sendingsPerHourMax = 30
/** A user can't have more challenges answered than this within the longest session (15 minutes): the lock-out holds wrong ones back. */
const usedChallengesMax = 100
const sweptPerWrite = 4

const read = async ({ pool, clock }: Where, { usernameKey, sub }: Whose) => {
  const stored = await pool.records.get(factorUses, usernameKey)
  const isCurrent = stored !== undefined && stored.value.sub === sub && clock.now() < stored.value.expiresAtMs
  const use: FactorUse = isCurrent
    ? stored.value
    : {
        usernameKey,
        sub,
        usedChallenges: [],
        failureCount: 0,
        lastFailureAtMs: 0,
        sentAtMs: [],
        expiresAtMs: 0,
      }
  return { stored, use }
}

const write = async (
  { pool, clock, random }: Where,
  stored: Stored<FactorUse> | undefined,
  use: FactorUse,
): Promise<void> => {
  const nowMs = clock.now()
  const expired = await expiredAmong(pool.records, factorUses, sweptPerWrite, { clock, random })
  const kept: FactorUse = {
    ...use,
    usedChallenges: use.usedChallenges.filter(({ untilMs }) => untilMs > nowMs).slice(-usedChallengesMax),
    sentAtMs: use.sentAtMs.filter((atMs) => atMs > nowMs - hourMs),
    expiresAtMs: nowMs + rememberedMs,
  }
  await pool.records.commit((changes) => {
    if (stored === undefined) changes.create(factorUses, kept)
    else changes.replace(factorUses, stored, kept)
    for (const old of expired) if (old.key !== stored?.key) changes.delete(factorUses, old)
  })
}

/** Throws NotAuthorizedException while the user is locked out for wrong codes: as long as for wrong passwords. */
const checkLockOut = ({ clock }: Where, { failureCount, lastFailureAtMs }: FactorUse): void => {
  if (clock.now() < lastFailureAtMs + lockedMs(failureCount))
    throw new Fault('NotAuthorizedException', 'Password attempts exceeded')
}

const checkUnused = ({ usedChallenges }: FactorUse, asked: string): void => {
  if (usedChallenges.some(({ challengeId }) => challengeId === asked))
    throw new Fault('NotAuthorizedException', 'Invalid session for the user, session can only be used once.')
}

/** What a check of a code came to; `timeStep` for TOTP. */
export type CodeVerdict = {
  readonly isRight: boolean
  readonly timeStep?: number
  /** The first code of a new secret: earlier time steps were another secret's. */
  readonly isFirst?: boolean
}

/**
 * Judges a code by `check` and remembers the outcome. `challengeId` names the challenge that it answers, which can be answered once until
 * `untilMs`. Throws NotAuthorizedException for a locked-out user and a challenge that was answered, ExpiredCodeException for a time step
 * that was used, and `wrong` for a wrong code.
 */
export const useCode = async (
  where: Where,
  whose: Whose,
  challenge: { readonly challengeId: string; readonly untilMs: number },
  check: () => CodeVerdict,
  wrong: Fault,
): Promise<void> => {
  const { stored, use } = await read(where, whose)
  checkLockOut(where, use)
  checkUnused(use, challenge.challengeId)
  const { isRight, timeStep, isFirst = false } = check()
  if (!isRight) {
    const nowMs = where.clock.now()
    await write(where, stored, { ...use, failureCount: use.failureCount + 1, lastFailureAtMs: nowMs })
    throw wrong
  }
  if (!isFirst && timeStep !== undefined && timeStep <= (use.lastTimeStep ?? 0))
    throw new Fault('ExpiredCodeException', 'Your software token has already been used once.')
  await write(where, stored, {
    ...use,
    failureCount: 0,
    ...(timeStep === undefined ? {} : { lastTimeStep: timeStep }),
    usedChallenges: [...use.usedChallenges, challenge],
  })
}

/** Makes a challenge answered, whatever the answer was. Throws NotAuthorizedException when it was before. */
export const useChallenge = async (
  where: Where,
  whose: Whose,
  challenge: { readonly challengeId: string; readonly untilMs: number },
): Promise<void> => {
  const { stored, use } = await read(where, whose)
  checkUnused(use, challenge.challengeId)
  await write(where, stored, { ...use, usedChallenges: [...use.usedChallenges, challenge] })
}

/** Counts a code that is about to be sent. Throws TooManyRequestsException when enough were sent within the hour. */
export const countSending = async (where: Where, whose: Whose): Promise<void> => {
  const { stored, use } = await read(where, whose)
  checkLockOut(where, use)
  const nowMs = where.clock.now()
  if (use.sentAtMs.filter((atMs) => atMs > nowMs - hourMs).length >= sendingsPerHourMax)
    throw new Fault('TooManyRequestsException', 'Too many codes were sent to the user.')
  await write(where, stored, { ...use, sentAtMs: [...use.sentAtMs, nowMs] })
}
