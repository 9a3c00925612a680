// How long what is issued to an app client lives: access, ID and refresh tokens, and the session of a sign-in under way.
import type { TimeUnitsType, TokenValidityUnitsType } from '@aws-sdk/client-cognito-identity-provider'
import type { AppClient } from './records/app-client.ts'

/** Milliseconds; `authSession` is how long a challenge's `Session` may be answered. */
export type TokenLifetimes = {
  readonly accessTokenMs: number
  readonly idTokenMs: number
  readonly refreshTokenMs: number
  readonly authSessionMs: number
}

export type LifetimeSettings = {
  readonly AccessTokenValidity?: number | undefined
  readonly IdTokenValidity?: number | undefined
  readonly RefreshTokenValidity?: number | undefined
  readonly TokenValidityUnits?: TokenValidityUnitsType | undefined
  readonly AuthSessionValidity?: number | undefined
}

export const unitMs: Readonly<Record<TimeUnitsType, number>> = {
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
}

type TokenKind = 'AccessToken' | 'IdToken' | 'RefreshToken'

/** Default unit, default lifetime and bounds of each kind of token (API reference, CreateUserPoolClient). */
export const tokenRules: Readonly<
  Record<
    TokenKind,
    {
      readonly defaultUnit: TimeUnitsType
      readonly defaultMs: number
      readonly minMs: number
      readonly maxMs: number
    }
  >
> = {
  AccessToken: {
    defaultUnit: 'hours',
    defaultMs: unitMs.hours,
    minMs: 5 * unitMs.minutes,
    maxMs: unitMs.days,
  },
  IdToken: { defaultUnit: 'hours', defaultMs: unitMs.hours, minMs: 5 * unitMs.minutes, maxMs: unitMs.days },
  RefreshToken: {
    defaultUnit: 'days',
    defaultMs: 30 * unitMs.days,
    minMs: unitMs.hours,
    maxMs: 3_650 * unitMs.days,
  },
}

export const defaultAuthSessionMinutes = 3

const lifetimeMs = (kind: TokenKind, settings: LifetimeSettings): number => {
  const rule = tokenRules[kind]
  const validity = settings[`${kind}Validity`]
  // A RefreshTokenValidity of 0 stands for the default (API reference, CreateUserPoolClient).
  if (validity === undefined || validity === 0) return rule.defaultMs
  return validity * unitMs[settings.TokenValidityUnits?.[kind] ?? rule.defaultUnit]
}

/** The lifetimes that a client's settings come to, with Amazon's defaults: 1 hour, 1 hour, 30 days and 3 minutes. */
export const lifetimesOf = (settings: LifetimeSettings): TokenLifetimes => ({
  accessTokenMs: lifetimeMs('AccessToken', settings),
  idTokenMs: lifetimeMs('IdToken', settings),
  refreshTokenMs: lifetimeMs('RefreshToken', settings),
  authSessionMs: (settings.AuthSessionValidity ?? defaultAuthSessionMinutes) * unitMs.minutes,
})

export const tokenLifetimes = (client: Pick<AppClient, 'settings'>): TokenLifetimes =>
  lifetimesOf(client.settings)

/** Whether every lifetime is within its bounds, and neither access nor ID token outlives the refresh token. */
export const areLifetimesInRange = (settings: LifetimeSettings): boolean => {
  const kinds: readonly TokenKind[] = ['AccessToken', 'IdToken', 'RefreshToken']
  const refreshTokenMs = lifetimeMs('RefreshToken', settings)
  return kinds.every((kind) => {
    const lifetime = lifetimeMs(kind, settings)
    const { minMs, maxMs } = tokenRules[kind]
    return lifetime >= minMs && lifetime <= maxMs && lifetime <= refreshTokenMs
  })
}
