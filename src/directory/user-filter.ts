// The filter of ListUsers: `AttributeName Filter-Type "AttributeValue"` (API reference, ListUsers, "Filter").
import type { UserStatusType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import { searchableAttributes, type User } from './records/user.ts'

export type UserFilter = {
  readonly attribute: string
  readonly match: 'exact' | 'prefix'
  readonly value: string
}

export type UserSearch = { readonly name: string; readonly value: string; readonly match: 'exact' | 'prefix' }

const searchable: ReadonlySet<string> = new Set([
  'username',
  'sub',
  'cognito:user_status',
  'status',
  ...searchableAttributes,
])

/** A name, `=` or `^=`, and a value in quotes in which a quote or a backslash has a backslash before it. */
const pattern =
  /^\s*(?<quote>"?)(?<attribute>[^\s"=^]+)\k<quote>\s*(?<type>\^?=)\s*"(?<value>(?:[^"\\]|\\.)*)"\s*$/su

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** Undefined for an empty filter, which every user passes. Throws InvalidParameterException. */
export const parseUserFilter = (filter: string | undefined): UserFilter | undefined => {
  if (filter === undefined || filter.trim() === '') return undefined
  const groups = pattern.exec(filter)?.groups
  if (groups === undefined) throw refuse('Error while parsing filter.')
  const { attribute = '', type, value = '' } = groups
  if (!searchable.has(attribute)) throw refuse(`Invalid search attribute: ${attribute}`)
  return {
    attribute,
    match: type === '=' ? 'exact' : 'prefix',
    value: value.replaceAll(/\\(.)/gsu, '$1'),
  }
}

const statuses: Readonly<Record<UserStatusType, true>> = {
  UNCONFIRMED: true,
  CONFIRMED: true,
  ARCHIVED: true,
  COMPROMISED: true,
  UNKNOWN: true,
  RESET_REQUIRED: true,
  FORCE_CHANGE_PASSWORD: true,
  EXTERNAL_PROVIDER: true,
}

/** Attributes of which a user has one of few values: they are searched by equality, one search for each value that begins so. */
const enumerations: Readonly<Record<string, readonly string[]>> = {
  'cognito:user_status': Object.keys(statuses).map((status) => status.toLowerCase()),
  status: ['enabled', 'disabled'],
}

/** The searches, one after the other, that find every user who passes the filter. */
export const searchesOf = ({ attribute, match, value }: UserFilter): readonly UserSearch[] => {
  const normal = value.toLowerCase()
  const values = enumerations[attribute]
  if (values === undefined) return [{ name: attribute, value: normal, match }]
  return values
    .filter((candidate) => (match === 'exact' ? candidate === normal : candidate.startsWith(normal)))
    .map((candidate) => ({ name: attribute, value: candidate, match: 'exact' }))
}

const searchedValue = (user: User, attribute: string): string | undefined => {
  if (attribute === 'username') return user.username
  if (attribute === 'cognito:user_status') return user.status
  if (attribute === 'status') return user.isEnabled ? 'Enabled' : 'Disabled'
  return user.attributes[attribute]
}

/** Whether a user passes. Case counts for `status`, and for user names of a pool in which it counts (same page); for nothing else. */
export const passesFilter = (
  user: User,
  { attribute, match, value }: UserFilter,
  isCaseSensitive: boolean,
): boolean => {
  const own = searchedValue(user, attribute)
  if (own === undefined) return false
  const isExactCase = attribute === 'status' || (isCaseSensitive && attribute === 'username')
  const [left, right] = isExactCase ? [own, value] : [own.toLowerCase(), value.toLowerCase()]
  return match === 'exact' ? left === right : left.startsWith(right)
}
