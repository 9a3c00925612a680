// What is stored of users' sessions, in pools that track them (API reference, SetUserPoolSessionConfiguration).
import { collection } from '../../vault/collection.ts'

/** A token session: one sign-in, its refresh token, and every token that came from it. Of a user with this `sub` only. */
export type TokenSession = {
  /** `tkn` and 25 lower-case letters and digits. */
  readonly sessionId: string
  readonly usernameKey: string
  readonly sub: string
  readonly clientId: string
  /** The family of its tokens. */
  readonly originJti: string
  readonly createdAtMs: number
  readonly lastActiveAtMs: number
  /** Undefined when the request came from nobody knows where. */
  readonly lastIp?: string
  /** When the family's refresh tokens end. */
  readonly expiresAtMs: number
}

/** Sessions that the primary saw: copied to the secondaries, so that they can be listed there. */
export const tokenSessions = collection<TokenSession, 'replicated'>('token-sessions', {
  locality: 'replicated',
  keyOf: ({ sessionId }) => sessionId,
  terms: ({ usernameKey }) => [{ name: 'user', value: usernameKey }],
})

/** Sessions that a secondary saw: those that began there, and what happened there to others. */
export const localTokenSessions = collection<TokenSession, 'regional'>('local-token-sessions', {
  locality: 'regional',
  keyOf: ({ sessionId }) => sessionId,
  terms: ({ usernameKey }) => [{ name: 'user', value: usernameKey }],
})
