// What is stored of a user, a group and a membership, and what users can be found by.
import type { DeliveryMediumType, UserStatusType } from '@aws-sdk/client-cognito-identity-provider'
import { collection, type SearchTerm } from '../../vault/collection.ts'
import type { ImportedPassword } from '../imported-password.ts'

/** The SRP verifier is the one stored credential; big-endian hex. */
export type PasswordCredential = {
  readonly salt: string
  readonly verifier: string
  readonly setAtMs: number
  /** Set for a temporary password: when it stops being good. */
  readonly temporaryUntilMs?: number
}

/** Second factors by the names that challenges and UserMFASettingList give them. */
export type MfaFactor = 'SMS_MFA' | 'SOFTWARE_TOKEN_MFA' | 'EMAIL_OTP'

/** A TOTP generator (RFC 6238); `secret` is base32. */
export type SoftwareToken = { readonly secret: string; readonly friendlyName?: string }

/** A user's second factors: which are turned on, which one is asked for first, and the TOTP secret. */
export type UserMfa = {
  readonly enabled: readonly MfaFactor[]
  readonly preferred?: MfaFactor
  readonly softwareToken?: SoftwareToken
  /** Handed out by AssociateSoftwareToken, and not verified yet. */
  readonly pendingSecret?: string
  /** Whether a passkey with user verification counts as two factors (WebAuthnMfaSettings). */
  readonly isPasskeyEnabled?: boolean
}

export type User = {
  /** As given, and immutable; in a pool with username attributes it is the sub. */
  readonly username: string
  /** The username by which the record is keyed: lower case in a case-insensitive pool. */
  readonly usernameKey: string
  readonly sub: string
  /** All attributes by name, `sub` included; values are strings as on the wire. */
  readonly attributes: Readonly<Record<string, string>>
  readonly status: UserStatusType
  readonly isEnabled: boolean
  readonly createdAtMs: number
  readonly modifiedAtMs: number
  readonly credential?: PasswordCredential
  /** A hash from elsewhere, until the first sign-in with the password makes a credential of it. */
  readonly importedPassword?: ImportedPassword
  /** Verifiers of earlier passwords, newest first, as many as the policy's PasswordHistorySize asks for. */
  readonly earlierCredentials?: readonly PasswordCredential[]
  readonly mfa?: UserMfa
  /** How the last invitation went out, for RESEND. */
  readonly invitedBy?: readonly DeliveryMediumType[]
  /** Aliases by which this user signs in: normalised `email`, `phone_number`, `preferred_username` values that are this user's alone. */
  readonly aliases: readonly { readonly attribute: string; readonly value: string }[]
}

/** The attributes that ListUsers can search by (Amazon's ListUsers page, "Filter"), besides username, status and sub. */
export const searchableAttributes = [
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
] as const

export const userTerms = (user: User): readonly SearchTerm[] => [
  { name: 'username', value: user.username.toLowerCase() },
  { name: 'sub', value: user.sub },
  { name: 'cognito:user_status', value: user.status.toLowerCase() },
  { name: 'status', value: user.isEnabled ? 'enabled' : 'disabled' },
  ...searchableAttributes.flatMap((name): SearchTerm[] => {
    const value = user.attributes[name]
    return value === undefined || value === '' ? [] : [{ name, value: value.toLowerCase() }]
  }),
]

export const users = collection<User, 'replicated'>('users', {
  locality: 'replicated',
  keyOf: ({ usernameKey }) => usernameKey,
  terms: userTerms,
  beginnings: ['username', 'sub', ...searchableAttributes],
})

/**
 * An alias that is taken: its existence is what makes an alias unique, also under concurrent writes. `kind` is the attribute.
 * Created, replaced and deleted in the same commit as the user that owns it.
 */
export type Alias = { readonly kind: string; readonly value: string; readonly usernameKey: string }

export const aliases = collection<Alias, 'replicated'>('aliases', {
  locality: 'replicated',
  keyOf: ({ kind, value }) => `${kind}\n${value}`,
})

export type Group = {
  readonly name: string
  readonly description?: string
  readonly roleArn?: string
  readonly precedence?: number
  readonly createdAtMs: number
  readonly modifiedAtMs: number
}

export const groups = collection<Group, 'replicated'>('groups', {
  locality: 'replicated',
  keyOf: ({ name }) => name,
})

export type Membership = {
  readonly usernameKey: string
  readonly groupName: string
  readonly joinedAtMs: number
}

export const memberships = collection<Membership, 'replicated'>('memberships', {
  locality: 'replicated',
  keyOf: ({ usernameKey, groupName }) => `${usernameKey}\n${groupName}`,
  terms: ({ usernameKey, groupName }) => [
    { name: 'user', value: usernameKey },
    { name: 'group', value: groupName },
  ],
})

/** A code that was sent (sign-up, password reset, attribute verification): regional, because only the Region that sent it waits for it. */
export type PendingCode = {
  readonly usernameKey: string
  readonly purpose: string
  /** The attribute whose address the code was sent to, and which it verifies. */
  readonly attribute: 'email' | 'phone_number'
  /** 16 random bytes, base64: the key of the hash. */
  readonly salt: string
  readonly codeHash: string
  readonly expiresAtMs: number
  readonly attemptCount: number
  /** What the attribute becomes with the right code (AttributesRequireVerificationBeforeUpdate). */
  readonly newValue?: string
  /** When codes for this purpose were sent within the last hour, at most as many as may be. */
  readonly sentAtMs: readonly number[]
}

export const pendingCodes = collection<PendingCode, 'regional'>('pending-codes', {
  locality: 'regional',
  keyOf: ({ usernameKey, purpose }) => `${usernameKey}\n${purpose}`,
})
