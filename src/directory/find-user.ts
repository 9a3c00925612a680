// Finding a user by what a request gives as Username: the user name, an alias of the pool's settings, or the sub.
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { aliases, type User, users } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { aliasKindsFor, looksLikeSub, usernameKeyOf } from './username-rules.ts'

type Reads = Pick<Records, 'get' | 'find'>

const findByAlias = async (
  records: Reads,
  userPool: UserPool,
  username: string,
): Promise<Stored<User> | undefined> => {
  const value = usernameKeyOf(userPool, username)
  for (const kind of aliasKindsFor(userPool, username)) {
    const alias = await records.get(aliases, aliases.keyOf({ kind, value, usernameKey: '' }))
    if (alias === undefined) continue
    const owner = await records.get(users, alias.value.usernameKey)
    if (owner !== undefined) return owner
  }
  return undefined
}

const findBySub = async (records: Reads, sub: string): Promise<Stored<User> | undefined> => {
  const { items } = await records.find(users, { name: 'sub', value: sub.toLowerCase() }, { limit: 1 })
  return items[0]
}

/**
 * The user who signs in by `username`, or undefined. In order: the user name itself, an alias that the pool's settings allow and that the
 * user holds. Case counts unless `UsernameConfiguration.CaseSensitive` is false (API reference, UsernameConfigurationType).
 */
export const findUserByName = async (
  records: Reads,
  userPool: UserPool,
  username: string,
): Promise<Stored<User> | undefined> =>
  (await records.get(users, usernameKeyOf(userPool, username))) ??
  (await findByAlias(records, userPool, username))

/** The user meant by `username` of an operation, or undefined: the one who signs in by it, or the one whose sub it is. */
export const findUser = async (
  records: Reads,
  userPool: UserPool,
  username: string,
): Promise<Stored<User> | undefined> =>
  (await findUserByName(records, userPool, username)) ??
  (looksLikeSub(username) ? await findBySub(records, username) : undefined)

/** The same, or a Fault UserNotFoundException. */
export const requireUser = async (
  records: Reads,
  userPool: UserPool,
  username: string,
): Promise<Stored<User>> => {
  const found = await findUser(records, userPool, username)
  if (found === undefined) throw new Fault('UserNotFoundException', 'User does not exist.')
  return found
}
