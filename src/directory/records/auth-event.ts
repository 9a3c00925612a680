// What threat protection keeps of a user's sign-ins and password events, in the Region where they happened.
import { collection } from '../../vault/collection.ts'

export type AuthEvent = {
  readonly eventId: string
  readonly type: 'SignIn' | 'SignUp' | 'ForgotPassword' | 'PasswordChange' | 'ResendCode'
  readonly createdAtMs: number
  readonly response: 'Pass' | 'Fail' | 'InProgress'
  readonly clientId: string
  readonly ipAddress?: string
  /** As the client names it: the device's name or, failing that, the user agent. */
  readonly deviceName?: string
  readonly risk: {
    readonly decision: 'NoRisk' | 'AccountTakeover' | 'Block'
    readonly level?: 'Low' | 'Medium' | 'High'
    readonly hasCompromisedPassword?: boolean
  }
  readonly challenges: readonly { readonly name: 'Password' | 'Mfa'; readonly isRight: boolean }[]
  readonly feedback?: {
    readonly value: 'Valid' | 'Invalid'
    readonly provider: 'Admin' | 'User'
    readonly atMs: number
  }
}

/** The latest events of one user, newest first, a bounded number. */
export type UserAuthEvents = {
  readonly usernameKey: string
  /** Whose they are: a name can be given to another user later. */
  readonly sub: string
  readonly events: readonly AuthEvent[]
  /** When the newest of them is too old to be kept. */
  readonly expiresAtMs: number
}

export const userAuthEvents = collection<UserAuthEvents, 'regional'>('auth-events', {
  locality: 'regional',
  keyOf: ({ usernameKey }) => usernameKey,
})
