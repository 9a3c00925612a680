// What a user name may look like in a pool, how it is keyed, and which attributes stand for it.
import { Fault } from '../wire/fault.ts'
import type { UserPool } from './records/user-pool.ts'

type PoolSettings = Pick<UserPool, 'settings'>

export type AliasKind = 'email' | 'phone_number' | 'preferred_username'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

const emailLengthMax = 256
const emailPattern = /^[^\s@"(),:;<>[\]\\]+@[^\s@.]+(\.[^\s@.]+)+$/
/** ITU-T E.164: a plus sign and at most 15 digits, the first of which isn't 0. */
const phoneNumberPattern = /^\+[1-9]\d{1,14}$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const isEmail = (value: string): boolean => value.length <= emailLengthMax && emailPattern.test(value)
export const isPhoneNumber = (value: string): boolean => phoneNumberPattern.test(value)
export const looksLikeSub = (value: string): boolean => uuidPattern.test(value)

/** User names and aliases are as they are written unless the pool ignores case (API reference, UsernameConfigurationType: true is the default). */
export const isCaseSensitive = ({ settings }: PoolSettings): boolean =>
  settings.UsernameConfiguration?.CaseSensitive !== false

/** The form under which a user name or an alias is kept and looked up. */
export const usernameKeyOf = (userPool: PoolSettings, username: string): string =>
  isCaseSensitive(userPool) ? username : username.toLowerCase()

export const usernameAttributesOf = ({ settings }: PoolSettings): readonly AliasKind[] =>
  settings.UsernameAttributes ?? []

/** The attributes by which users of the pool sign in beside, or in place of, the user name. */
export const aliasKindsOf = (userPool: PoolSettings): readonly AliasKind[] => {
  const instead = usernameAttributesOf(userPool)
  return instead.length > 0 ? instead : (userPool.settings.AliasAttributes ?? [])
}

const mayBe: Readonly<Record<AliasKind, (value: string) => boolean>> = {
  email: isEmail,
  phone_number: isPhoneNumber,
  preferred_username: () => true,
}

/** The kinds of alias that a given name can be in this pool, in the order in which they are tried. */
export const aliasKindsFor = (userPool: PoolSettings, name: string): readonly AliasKind[] =>
  aliasKindsOf(userPool).filter((kind) => mayBe[kind](name))

const usernameAttributeRules: Readonly<Record<string, string>> = {
  email: 'Username should be an email.',
  phone_number: 'Username should be a phone number.',
}

/**
 * Checks the name that a new user is given. In a pool with username attributes it must be one of them, and the result says which;
 * elsewhere it must not look like an alias of the pool, and the result is undefined. Throws InvalidParameterException.
 */
export const checkNewUsername = (userPool: PoolSettings, username: string): AliasKind | undefined => {
  const instead = usernameAttributesOf(userPool)
  if (instead.length > 0) {
    const kind = instead.find((candidate) => mayBe[candidate](username))
    if (kind !== undefined) return kind
    throw refuse(
      instead.length > 1
        ? 'Username should be either an email or a phone number.'
        : (usernameAttributeRules[instead[0] ?? 'email'] ?? ''),
    )
  }
  const kinds = aliasKindsOf(userPool)
  if (kinds.includes('email') && isEmail(username))
    throw refuse('Username cannot be of email format, since user pool is configured for email alias.')
  if (kinds.includes('phone_number') && isPhoneNumber(username))
    throw refuse(
      'Username cannot be of phone number format, since user pool is configured for phone number alias.',
    )
  return undefined
}
