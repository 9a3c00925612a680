// Revocations: the one thing that is made in any Region and holds in all (spec/replication.md, "Tokens, across Regions").
import { collection } from '../../vault/collection.ts'

/**
 * They only ever add, so they merge without conflict: a family of tokens revoked stays revoked, of two "valid after" times the later wins.
 * `subject` is `user:<sub>` (tokens issued before `validAfterMs` are void) or `family:<origin_jti>` (all its tokens are void).
 */
export type Revocation = {
  readonly subject: string
  readonly validAfterMs: number
  /** When no token that it could void can still be alive. */
  readonly expiresAtMs: number
}

/** Written at the primary: made there, or brought there from a secondary. */
export const revocations = collection<Revocation, 'replicated'>('revocations', {
  locality: 'replicated',
  keyOf: ({ subject }) => subject,
})

/** Made at a secondary: holds there at once, and waits to be brought to the primary. */
export type LocalRevocation = Revocation & { readonly isDelivered: boolean }

export const localRevocations = collection<LocalRevocation, 'regional'>('local-revocations', {
  locality: 'regional',
  keyOf: ({ subject }) => subject,
})
