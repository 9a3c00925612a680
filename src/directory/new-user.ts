// A new user's identity: sub, user name and the key of the record; and the commit that stores it with its aliases.

import type { Clock, Random } from '../telemetry/clock.ts'
import type { Locality } from '../vault/collection.ts'
import type { Changes, Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Attributes } from './attribute-rules.ts'
import { randomUuid } from './random-uuid.ts'
import { aliases, type User, users } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { aliasesOf, aliasTaken, prepareAliases } from './user-aliases.ts'
import { aliasKindsFor, aliasKindsOf, checkNewUsername, usernameKeyOf } from './username-rules.ts'

/**
 * The attributes with the one that the given name stands for, in a pool with username attributes. Throws InvalidParameterException
 * when the name has the wrong form or contradicts the attribute.
 */
export const attributesWithName = (userPool: UserPool, username: string, given: Attributes): Attributes => {
  const kind = checkNewUsername(userPool, username)
  if (kind === undefined) return given
  const value = given[kind]
  if (value !== undefined && usernameKeyOf(userPool, value) !== usernameKeyOf(userPool, username))
    throw new Fault(
      'InvalidParameterException',
      `User ${kind} should be empty or same as username, since username attribute is ${kind}.`,
    )
  return { ...given, [kind]: value ?? username }
}

/** The user that a request asks for, without a credential. `attributes` are checked ones. */
export const makeUser = (
  userPool: UserPool,
  request: { readonly username: string; readonly attributes: Attributes; readonly status: User['status'] },
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): User => {
  const sub = randomUuid(random)
  const nowMs = clock.now()
  const username = checkNewUsername(userPool, request.username) === undefined ? request.username : sub
  return {
    username,
    usernameKey: usernameKeyOf(userPool, username),
    sub,
    attributes: { sub, ...request.attributes },
    status: request.status,
    isEnabled: true,
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    aliases: aliasesOf(userPool, request.attributes),
  }
}

/**
 * Reads what storing the new user touches and returns the function that writes it. Throws UsernameExistsException, with `taken` as its
 * message when it is the name that is taken.
 */
export const prepareNewUser = async (
  records: Pick<Records, 'get'>,
  userPool: UserPool,
  user: User,
  options: { readonly taken: string; readonly takesOver?: boolean },
): Promise<(changes: Changes<Locality>, stored: User) => void> => {
  if ((await records.get(users, user.usernameKey)) !== undefined)
    throw new Fault('UsernameExistsException', options.taken)
  // Somebody's preferred_username can't become another's name: the name would win at every sign-in.
  if (aliasKindsOf(userPool).includes('preferred_username')) {
    const kinds = aliasKindsFor(userPool, user.username).filter((kind) => kind === 'preferred_username')
    for (const kind of kinds) {
      const key = aliases.keyOf({ kind, value: user.usernameKey, usernameKey: '' })
      if ((await records.get(aliases, key)) !== undefined)
        throw aliasTaken('UsernameExistsException', kind, userPool)
    }
  }
  const writeAliases = await prepareAliases(records, userPool, {
    after: user,
    takesOver: options.takesOver ?? false,
    refusal: 'UsernameExistsException',
    nowMs: user.createdAtMs,
  })
  return (changes, stored) => {
    changes.create(users, stored)
    writeAliases(changes)
  }
}
