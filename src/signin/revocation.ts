// Revocations of tokens: made in any Region, held in all (spec "Tokens, across Regions").

import type { PoolScope } from '../directory/operation.ts'
import { localRevocations, type Revocation, revocations } from '../directory/records/revocation.ts'
import type { Runtime } from '../directory/runtime.ts'
import { unitMs } from '../directory/token-lifetimes.ts'
import type { Locality } from '../vault/collection.ts'
import type { Records, WritableRecords } from '../vault/records.ts'
import { expiredAmong } from './expired-records.ts'

/** The longest that a refresh token can live, and an access token issued from it at its very end (API reference, CreateUserPoolClient). */
const refreshTokenLifetimeMaxMs = 3_650 * unitMs.days
const accessTokenLifetimeMaxMs = unitMs.days

/** How many expired revocations one new one clears away. */
const sweptPerRevocationMax = 20

/** What a token says of itself that a revocation can hit. */
export type RevocableToken = {
  readonly sub: string
  /** Absent for tokens of a client without token revocation: they fall with the user's other tokens only. */
  readonly originJti: string | undefined
  readonly issuedAtMs: number
}

/** Voids all tokens of a user that were issued before `validAfterMs`. */
export const userRevocation = (sub: string, validAfterMs: number): Revocation => ({
  subject: `user:${sub}`,
  validAfterMs,
  expiresAtMs: validAfterMs + refreshTokenLifetimeMaxMs + accessTokenLifetimeMaxMs,
})

/** Voids a family: the refresh token and every token that came from it. `refreshExpiresAtMs` is when the refresh token ends anyway. */
export const familyRevocation = (
  originJti: string,
  nowMs: number,
  refreshExpiresAtMs: number,
): Revocation => ({
  subject: `family:${originJti}`,
  validAfterMs: nowMs,
  expiresAtMs: refreshExpiresAtMs + accessTokenLifetimeMaxMs,
})

/** The later wins, in both respects. */
const merged = <Kind extends Revocation>(stored: Kind, made: Revocation): Kind => ({
  ...stored,
  validAfterMs: Math.max(stored.validAfterMs, made.validAfterMs),
  expiresAtMs: Math.max(stored.expiresAtMs, made.expiresAtMs),
})

const isCoveredBy = (made: Revocation, stored: Revocation): boolean =>
  stored.validAfterMs >= made.validAfterMs && stored.expiresAtMs >= made.expiresAtMs

/**
 * Merges revocations into the replicated ones; for the primary only. Idempotent: what is covered already is passed over.
 * Rejects with Conflict when another commit got between; call again.
 */
const mergeAtPrimary = async (
  records: WritableRecords<Locality>,
  list: readonly Revocation[],
  runtime: Pick<Runtime, 'clock' | 'random'>,
): Promise<void> => {
  const known = await Promise.all(list.map(({ subject }) => records.get(revocations, subject)))
  const subjects = new Set(list.map(({ subject }) => subject))
  const expired = (await expiredAmong(records, revocations, sweptPerRevocationMax, runtime)).filter(
    ({ value }) => !subjects.has(value.subject),
  )
  await records.commit((changes) => {
    for (const [index, made] of list.entries()) {
      const stored = known[index]
      if (stored === undefined) changes.create(revocations, made)
      else if (!isCoveredBy(made, stored.value))
        changes.replace(revocations, stored, merged(stored.value, made))
    }
    for (const over of expired) changes.delete(revocations, over)
  })
}

/** Writes a revocation where this replica may: replicated at the primary, for delivery at a secondary. Rejects with Conflict on a race. */
export const revoke = async (
  pool: PoolScope<'regional'>,
  made: Revocation,
  runtime: Pick<Runtime, 'clock' | 'random' | 'replicaControl'>,
): Promise<void> => {
  if (pool.registered.role === 'PRIMARY')
    return mergeAtPrimary(pool.asPrimary('revokes tokens'), [made], runtime)
  const stored = await pool.records.get(localRevocations, made.subject)
  if (stored !== undefined && isCoveredBy(made, stored.value)) return
  const expired = (await expiredAmong(pool.records, localRevocations, sweptPerRevocationMax, runtime)).filter(
    ({ value }) => value.subject !== made.subject,
  )
  await pool.records.commit((changes) => {
    if (stored === undefined) changes.create(localRevocations, { ...made, isDelivered: false })
    else changes.replace(localRevocations, stored, { ...merged(stored.value, made), isDelivered: false })
    for (const over of expired) changes.delete(localRevocations, over)
  })
  runtime.replicaControl.revocationMade(pool.poolId)
}

/** How many revocations a secondary may bring in one call. */
export const acceptedRevocationsMax = 1_000

/**
 * Called at the primary with what a secondary made. Idempotent; of two "valid after" times the later wins; a revocation is never undone.
 * Rejects with Conflict on a race and with RangeError when there are more than `acceptedRevocationsMax`.
 */
export const acceptRevocations = async (
  poolId: string,
  list: readonly Revocation[],
  runtime: Pick<Runtime, 'vault' | 'clock' | 'random'>,
): Promise<void> => {
  if (list.length > acceptedRevocationsMax)
    throw new RangeError(`at most ${acceptedRevocationsMax} revocations in one call`)
  const bySubject = new Map<string, Revocation>()
  for (const { subject, validAfterMs, expiresAtMs } of list) {
    const made = { subject, validAfterMs, expiresAtMs }
    const earlier = bySubject.get(subject)
    bySubject.set(subject, earlier === undefined ? made : merged(earlier, made))
  }
  await mergeAtPrimary(runtime.vault.pool(poolId).primary, [...bySubject.values()], runtime)
}

/** Whether any revocation that this Region knows of, replicated or its own, voids the token. */
export const isRevoked = async (records: Records, token: RevocableToken): Promise<boolean> => {
  const user = `user:${token.sub}`
  const family = token.originJti === undefined ? undefined : `family:${token.originJti}`
  const [users, ownUsers, families, ownFamilies] = await Promise.all([
    records.get(revocations, user),
    records.get(localRevocations, user),
    family === undefined ? undefined : records.get(revocations, family),
    family === undefined ? undefined : records.get(localRevocations, family),
  ])
  return (
    families !== undefined ||
    ownFamilies !== undefined ||
    [users, ownUsers].some((stored) => stored !== undefined && token.issuedAtMs < stored.value.validAfterMs)
  )
}
