// The directory's pure rules that need no store: token lifetimes, password policy, pagination tokens, random strings.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodePageToken, encodePageToken } from '../../src/directory/pagination.ts'
import { makeTemporaryPassword, passwordFlaw } from '../../src/directory/password-policy.ts'
import { alphanumeric, randomString } from '../../src/directory/random-string.ts'
import { areLifetimesInRange, lifetimesOf } from '../../src/directory/token-lifetimes.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

describe('token lifetimes', () => {
  test('a client without validities has one hour, one hour, 30 days and a session of 3 minutes', () => {
    expect(lifetimesOf({})).toEqual({
      accessTokenMs: hourMs,
      idTokenMs: hourMs,
      refreshTokenMs: 30 * dayMs,
      authSessionMs: 3 * minuteMs,
    })
  })

  test('validities without units are hours for access and ID tokens and days for refresh tokens', () => {
    expect(
      lifetimesOf({ AccessTokenValidity: 2, IdTokenValidity: 3, RefreshTokenValidity: 4 }),
    ).toMatchObject({ accessTokenMs: 2 * hourMs, idTokenMs: 3 * hourMs, refreshTokenMs: 4 * dayMs })
  })

  test('units count', () => {
    expect(
      lifetimesOf({
        AccessTokenValidity: 300,
        IdTokenValidity: 10,
        RefreshTokenValidity: 90,
        AuthSessionValidity: 15,
        TokenValidityUnits: { AccessToken: 'seconds', IdToken: 'minutes', RefreshToken: 'minutes' },
      }),
    ).toEqual({
      accessTokenMs: 5 * minuteMs,
      idTokenMs: 10 * minuteMs,
      refreshTokenMs: 90 * minuteMs,
      authSessionMs: 15 * minuteMs,
    })
  })

  test('a refresh token validity of 0 is the default', () => {
    expect(lifetimesOf({ RefreshTokenValidity: 0 }).refreshTokenMs).toBe(30 * dayMs)
  })

  test.each([
    [
      'an access token of 5 minutes',
      { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } },
      true,
    ],
    [
      'an access token under 5 minutes',
      { AccessTokenValidity: 299, TokenValidityUnits: { AccessToken: 'seconds' } },
      false,
    ],
    ['an access token of a day', { AccessTokenValidity: 24 }, true],
    ['an access token over a day', { AccessTokenValidity: 25 }, false],
    [
      'an ID token over a day',
      { IdTokenValidity: 86_401, TokenValidityUnits: { IdToken: 'seconds' } },
      false,
    ],
    ['a refresh token of 10 years', { RefreshTokenValidity: 3_650 }, true],
    ['a refresh token over 10 years', { RefreshTokenValidity: 3_651 }, false],
    [
      'a refresh token under an hour',
      { RefreshTokenValidity: 59, TokenValidityUnits: { RefreshToken: 'minutes' } },
      false,
    ],
    [
      'an access token that outlives the refresh token',
      { AccessTokenValidity: 3, RefreshTokenValidity: 2, TokenValidityUnits: { RefreshToken: 'hours' } },
      false,
    ],
  ] as const)('%s is in range: %#', (_name, settings, expected) => {
    expect(areLifetimesInRange(settings)).toBe(expected)
  })
})

describe('password policy', () => {
  test.each([
    ['Sh0rt!', 'Password not long enough'],
    ['lower1!lower', 'Password must have uppercase characters'],
    ['UPPER1!UPPER', 'Password must have lowercase characters'],
    ['NoDigits!!', 'Password must have numeric characters'],
    ['NoSymbols12', 'Password must have symbol characters'],
    [' Leading1!', 'Password must not begin or end with a space'],
    [`Aa1!${'x'.repeat(253)}`, 'Password too long'],
    ['Inner space1', undefined],
    ['Good-Pass1', undefined],
  ])('the default policy says of %j: %s', (password, flaw) => {
    expect(passwordFlaw(password)).toBe(flaw)
  })

  test('a requirement that is off asks for nothing', () => {
    expect(passwordFlaw('simple', { MinimumLength: 6 })).toBeUndefined()
  })

  test('a temporary password conforms with every policy', () => {
    fc.assert(
      fc.property(
        fc.record({
          MinimumLength: fc.integer({ min: 6, max: 99 }),
          RequireUppercase: fc.boolean(),
          RequireLowercase: fc.boolean(),
          RequireNumbers: fc.boolean(),
          RequireSymbols: fc.boolean(),
        }),
        (policy) => passwordFlaw(makeTemporaryPassword(systemRandom, policy), policy) === undefined,
      ),
    )
  })
})

describe('pagination tokens', () => {
  test('a token leads back to where its page ended', () => {
    expect(decodePageToken('ListUsers a_1', encodePageToken('ListUsers a_1', 'x-Y_9'))).toBe('x-Y_9')
  })

  test('no more pages, no token; no token, the first page', () => {
    expect(encodePageToken('ListUsers a_1', undefined)).toBeUndefined()
    expect(decodePageToken('ListUsers a_1', undefined)).toBeUndefined()
  })

  test.each([
    ['of another pool', encodePageToken('ListUsers a_2', 'x')],
    ['of another operation', encodePageToken('ListGroups a_1', 'x')],
    ['that isn’t one', 'made-up'],
    ['with a key that leads elsewhere', encodePageToken('ListUsers a_1', '../other')],
    ['that is too long', 'A'.repeat(2_000)],
    ['of the wrong shape', Buffer.from('{"0":1}').toString('base64url')],
  ])('a token %s is refused', (_name, token) => {
    expect(() => decodePageToken('ListUsers a_1', token)).toThrow('Invalid pagination token.')
  })
})

test('random strings have the length and alphabet asked for, every character equally likely', () => {
  const drawn = randomString(systemRandom, alphanumeric, 62_000)
  expect(drawn).toMatch(/^[A-Za-z0-9]{62000}$/)
  const counts = new Map<string, number>()
  for (const character of drawn) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(62)
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(300)
})
