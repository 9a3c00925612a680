// What a Region remembers of a user's codes for a while, so that no code is good twice and nobody can try them all.
import { collection } from '../../vault/collection.ts'

/**
 * One record a user, regional like every counter: the last TOTP time step that was accepted, the challenges whose code was used, failures
 * in a row, and when codes were sent. Times in ms. A record of an earlier user of the same name (another `sub`) counts for nothing.
 */
export type FactorUse = {
  readonly usernameKey: string
  readonly sub: string
  /** RFC 6238 section 5.2: a time step is accepted once, and none before it. */
  readonly lastTimeStep?: number
  readonly usedChallenges: readonly { readonly challengeId: string; readonly untilMs: number }[]
  readonly failureCount: number
  readonly lastFailureAtMs: number
  readonly sentAtMs: readonly number[]
  readonly expiresAtMs: number
}

export const factorUses = collection<FactorUse, 'regional'>('factor-uses', {
  locality: 'regional',
  keyOf: ({ usernameKey }) => usernameKey,
})
