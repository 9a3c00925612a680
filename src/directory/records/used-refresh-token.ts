// Refresh tokens that a rotation has used up, as this Region saw it.
import { collection } from '../../vault/collection.ts'

/** Regional: a token that was used up in one Region can still be used once in another (docs/decisions/refresh-token-rotation.md). */
export type UsedRefreshToken = {
  readonly jti: string
  readonly usedAtMs: number
  /** When the token would have ended anyway. */
  readonly expiresAtMs: number
}

export const usedRefreshTokens = collection<UsedRefreshToken, 'regional'>('used-refresh-tokens', {
  locality: 'regional',
  keyOf: ({ jti }) => jti,
})
