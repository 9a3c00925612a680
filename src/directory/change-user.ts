// Changing a stored user: found by name, changed by a rule, and committed together with the aliases that the change makes or breaks.
import type { Clock } from '../telemetry/clock.ts'
import type { Locality } from '../vault/collection.ts'
import type { Changes, WritableRecords } from '../vault/records.ts'
import { requireUser } from './find-user.ts'
import { readPool } from './read-pool.ts'
import { type User, users } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { aliasesOf, prepareAliases } from './user-aliases.ts'

type Changing = {
  readonly pool: { readonly poolId: string; readonly records: WritableRecords }
  readonly clock: Clock
}

export type UserChange = Partial<
  Pick<User, 'attributes' | 'status' | 'isEnabled' | 'credential' | 'earlierCredentials' | 'mfa'>
>

export type ChangeOptions = {
  /** Hand-over of aliases (ForceAliasCreation). */
  readonly takesOver?: boolean
  /** More for the same commit. */
  readonly also?: (changes: Changes<Locality>) => void
}

/**
 * Prepares replacing a user: resolves with the user as it will be, and the function that writes it and its aliases. Throws
 * AliasExistsException when an alias that the change makes is another user's.
 */
export const replaceUser = async (
  { pool: { records }, clock }: Changing,
  userPool: UserPool,
  stored: Awaited<ReturnType<typeof requireUser>>,
  change: UserChange,
  options: ChangeOptions = {},
): Promise<User> => {
  const before = stored.value
  const attributes = change.attributes ?? before.attributes
  const user: User = {
    ...before,
    ...change,
    attributes,
    aliases: aliasesOf(userPool, attributes),
    modifiedAtMs: clock.now(),
  }
  const writeAliases = await prepareAliases(records, userPool, {
    before,
    after: user,
    takesOver: options.takesOver ?? false,
    refusal: 'AliasExistsException',
    nowMs: user.modifiedAtMs,
  })
  await records.commit((changes) => {
    changes.replace(users, stored, user)
    writeAliases(changes)
    options.also?.(changes)
  })
  return user
}

/** Finds the user and replaces it by what `rule` says. Throws UserNotFoundException, AliasExistsException and what `rule` throws. */
export const changeUser = async (
  context: Changing,
  username: string | undefined,
  rule: (user: User, userPool: UserPool) => UserChange,
  options: ChangeOptions = {},
): Promise<User> => {
  const { value: userPool } = await readPool(context.pool)
  const stored = await requireUser(context.pool.records, userPool, username ?? '')
  return replaceUser(context, userPool, stored, rule(stored.value, userPool), options)
}
