// A pool's password policy: what a password must have, and temporary passwords that satisfy it.
import type { PasswordPolicyType } from '@aws-sdk/client-cognito-identity-provider'
import type { Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import { randomString } from './random-string.ts'

/** What Amazon gives a pool that asks for no policy (API reference, PasswordPolicyType). */
export const defaultPasswordPolicy = {
  MinimumLength: 8,
  RequireUppercase: true,
  RequireLowercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
  TemporaryPasswordValidityDays: 7,
} as const satisfies PasswordPolicyType

/** Longest password that a user can have (developer guide, "Adding user pool password requirements"). */
export const passwordLengthMax = 256

/** The special characters that count as symbols (developer guide, "Adding user pool password requirements"). */
const symbols = '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+-'
const symbolsOfTemporaryPasswords = '^$*.[]{}()?!@#%&/,><:;|_~=+-'

const classes = [
  {
    requires: 'RequireLowercase',
    has: (password: string) => /[a-z]/.test(password),
    lacks: 'must have lowercase characters',
    letters: 'abcdefghijkmnopqrstuvwxyz',
  },
  {
    requires: 'RequireUppercase',
    has: (password: string) => /[A-Z]/.test(password),
    lacks: 'must have uppercase characters',
    letters: 'ABCDEFGHJKLMNPQRSTUVWXYZ',
  },
  {
    requires: 'RequireNumbers',
    has: (password: string) => /[0-9]/.test(password),
    lacks: 'must have numeric characters',
    letters: '23456789',
  },
  {
    requires: 'RequireSymbols',
    // A space counts where it isn't the first or last character, and those are refused for every password.
    has: (password: string) =>
      Array.from(password).some((character) => symbols.includes(character) || character === ' '),
    lacks: 'must have symbol characters',
    letters: symbolsOfTemporaryPasswords,
  },
] as const

/** What is wrong with a password under a policy, in Amazon's words; undefined when it conforms. */
export const passwordFlaw = (
  password: string,
  policy: PasswordPolicyType = defaultPasswordPolicy,
): string | undefined => {
  const length = Array.from(password).length
  if (length < (policy.MinimumLength ?? defaultPasswordPolicy.MinimumLength))
    return 'Password not long enough'
  if (length > passwordLengthMax) return 'Password too long'
  if (password.startsWith(' ') || password.endsWith(' ')) return 'Password must not begin or end with a space'
  const lacking = classes.find(({ requires, has }) => policy[requires] === true && !has(password))
  return lacking === undefined ? undefined : `Password ${lacking.lacks}`
}

/** Throws InvalidPasswordException when the password doesn't conform. */
export const checkPassword = (password: string, policy: PasswordPolicyType = defaultPasswordPolicy): void => {
  const flaw = passwordFlaw(password, policy)
  if (flaw !== undefined)
    throw new Fault('InvalidPasswordException', `Password did not conform with policy: ${flaw}`)
}

/** A temporary password that conforms with any policy: one character of every class, the rest of all of them, in random order. */
export const makeTemporaryPassword = (
  random: Random,
  policy: PasswordPolicyType = defaultPasswordPolicy,
): string => {
  const length = Math.max(policy.MinimumLength ?? 0, 12)
  const required = classes.map(({ letters }) => randomString(random, letters, 1))
  const all = classes.map(({ letters }) => letters).join('')
  const rest = randomString(random, all, length - required.length)
  const characters = [...required, ...Array.from(rest)]
  // Sorting by 64 random bits each is a fair shuffle: two equal draws are as good as impossible.
  return characters
    .map((character) => ({ character, order: random.bytes(8).readBigUInt64BE() }))
    .sort((first, second) => (first.order < second.order ? -1 : 1))
    .map(({ character }) => character)
    .join('')
}
