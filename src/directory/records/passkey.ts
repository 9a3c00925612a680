// What is stored of a user's passkeys, of a registration that was begun, and of the signature counters that a Region has seen.
import { collection } from '../../vault/collection.ts'

/** A WebAuthn credential; binary values are base64url as in WebAuthn's JSON. Of a user with this `sub` only. */
export type Passkey = {
  readonly credentialId: string
  readonly usernameKey: string
  readonly sub: string
  /** COSE key (RFC 9052). */
  readonly publicKey: string
  /** The signature counter when it was registered; 0 for authenticators that don't count. */
  readonly counter: number
  readonly relyingPartyId: string
  readonly friendlyName: string
  readonly transports: readonly string[]
  readonly attachment?: string
  readonly createdAtMs: number
}

export const passkeys = collection<Passkey, 'replicated'>('passkeys', {
  locality: 'replicated',
  keyOf: ({ credentialId }) => credentialId,
  terms: ({ usernameKey }) => [{ name: 'user', value: usernameKey }],
})

/** Between StartWebAuthnRegistration and CompleteWebAuthnRegistration, both at the primary: one a user. */
export type PasskeyRegistration = {
  readonly usernameKey: string
  readonly sub: string
  readonly clientId: string
  readonly challenge: string
  readonly relyingPartyId: string
  readonly expiresAtMs: number
}

export const passkeyRegistrations = collection<PasskeyRegistration, 'regional'>('passkey-registrations', {
  locality: 'regional',
  keyOf: ({ usernameKey }) => usernameKey,
})

/** WebAuthn Level 3, section 6.1.1: a counter that doesn't grow tells of a copied authenticator. Each Region sees its own sign-ins. */
export type PasskeyCounter = { readonly credentialId: string; readonly counter: number }

export const passkeyCounters = collection<PasskeyCounter, 'regional'>('passkey-counters', {
  locality: 'regional',
  keyOf: ({ credentialId }) => credentialId,
})
