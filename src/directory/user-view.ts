// Users as the API shows them.
import type { AttributeType, UserType } from '@aws-sdk/client-cognito-identity-provider'
import type { User } from './records/user.ts'

/** `sub` first, then the others as they were given; only the named ones when names are given. */
export const shownAttributes = (user: User, names?: readonly string[]): AttributeType[] =>
  Object.entries(user.attributes)
    .filter(([name]) => names === undefined || names.includes(name))
    .map(([Name, Value]) => ({ Name, Value }))

export const shownUser = (user: User, names?: readonly string[]): UserType => ({
  Username: user.username,
  Attributes: shownAttributes(user, names),
  UserCreateDate: new Date(user.createdAtMs),
  UserLastModifiedDate: new Date(user.modifiedAtMs),
  Enabled: user.isEnabled,
  UserStatus: user.status,
})
