// The aliases by which users sign in: which a user has, and how they are taken, handed over and given back in one commit.
import type { Locality } from '../vault/collection.ts'
import type { Changes, Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Attributes } from './attribute-rules.ts'
import { identityAliases } from './linked-identities.ts'
import { type Alias, aliases, type User, users } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { type AliasKind, aliasKindsOf, usernameAttributesOf, usernameKeyOf } from './username-rules.ts'

type Reads = Pick<Records, 'get'>
type Writes = Pick<Changes<Locality>, 'create' | 'replace' | 'delete' | 'expect'>
export type UserAlias = User['aliases'][number]

const isHeld: Readonly<Record<AliasKind, (attributes: Attributes) => boolean>> = {
  email: ({ email_verified }) => email_verified === 'true',
  phone_number: ({ phone_number_verified }) => phone_number_verified === 'true',
  preferred_username: () => true,
}

/**
 * The aliases that these attributes make, normalised. In a pool with username attributes they hold from the beginning; elsewhere an
 * e-mail address or phone number is an alias once it is verified (developer guide, "Customizing sign-in attributes").
 */
export const aliasesOf = (
  userPool: Pick<UserPool, 'settings'>,
  attributes: Attributes,
): readonly UserAlias[] => {
  const standInForNames = usernameAttributesOf(userPool).length > 0
  const identities = identityAliases(attributes)
  const ofAttributes = aliasKindsOf(userPool).flatMap((kind) => {
    const value = attributes[kind]
    if (value === undefined || value === '') return []
    return standInForNames || isHeld[kind](attributes)
      ? [{ attribute: kind, value: usernameKeyOf(userPool, value) }]
      : []
  })
  return [...ofAttributes, ...identities]
}

const keyOf = ({ attribute, value }: UserAlias): string =>
  aliases.keyOf({ kind: attribute, value, usernameKey: '' })

const isSame = (first: UserAlias, second: UserAlias): boolean => keyOf(first) === keyOf(second)

/** The refusal for an alias that is another user's, in Amazon's words: they differ where the pool has aliases beside user names. */
export const aliasTaken = (
  code: 'AliasExistsException' | 'UsernameExistsException',
  attribute: string,
  userPool: Pick<UserPool, 'settings'>,
): Fault => {
  const isBesideName = code === 'AliasExistsException' && usernameAttributesOf(userPool).length === 0
  return new Fault(code, `An account with the ${isBesideName ? '' : 'given '}${attribute} already exists.`)
}

/** Another user without the aliases that were taken over: what they verified is verified no longer. */
const stripped = (user: User, taken: readonly UserAlias[], nowMs: number): User => {
  const attributes: Record<string, string> = { ...user.attributes }
  for (const { attribute } of taken)
    if (attribute === 'preferred_username') delete attributes[attribute]
    else attributes[`${attribute}_verified`] = 'false'
  return {
    ...user,
    attributes,
    aliases: user.aliases.filter((alias) => !taken.some((lost) => isSame(lost, alias))),
    modifiedAtMs: nowMs,
  }
}

export type AliasChange = {
  readonly before?: User
  readonly after: Pick<User, 'usernameKey' | 'aliases'>
  /** Hand-over (ForceAliasCreation): take aliases from whoever has them. Never in a pool with username attributes. */
  readonly takesOver?: boolean
  readonly refusal: 'AliasExistsException' | 'UsernameExistsException'
  readonly nowMs: number
}

/** A name that is a user's own can't become another's preferred_username alias: the name would win at every sign-in. */
const checkNotAName = async (
  records: Reads,
  userPool: Pick<UserPool, 'settings'>,
  alias: UserAlias,
  change: AliasChange,
): Promise<void> => {
  if (alias.attribute !== 'preferred_username' || alias.value === change.after.usernameKey) return
  if ((await records.get(users, alias.value)) !== undefined)
    throw aliasTaken(change.refusal, alias.attribute, userPool)
}

/**
 * Reads what changing a user's aliases touches and returns the function that writes it, for the commit that writes the user. Throws the
 * Fault named by `refusal` when an alias is another user's.
 */
export const prepareAliases = async (
  records: Reads,
  userPool: Pick<UserPool, 'settings'>,
  change: AliasChange,
): Promise<(changes: Writes) => void> => {
  const before = change.before?.aliases ?? []
  const { usernameKey, aliases: after } = change.after
  const mayTake = change.takesOver === true && usernameAttributesOf(userPool).length === 0
  const given = before.filter((alias) => !after.some((kept) => isSame(kept, alias)))
  const wanted = after.filter((alias) => !before.some((had) => isSame(had, alias)))

  const released: Stored<Alias>[] = []
  for (const alias of given) {
    const stored = await records.get(aliases, keyOf(alias))
    if (stored?.value.usernameKey === usernameKey) released.push(stored)
  }
  const made: Alias[] = []
  const moved: Stored<Alias>[] = []
  const losses = new Map<string, UserAlias[]>()
  for (const alias of wanted) {
    await checkNotAName(records, userPool, alias, change)
    const stored = await records.get(aliases, keyOf(alias))
    if (stored === undefined) made.push({ kind: alias.attribute, value: alias.value, usernameKey })
    else if (stored.value.usernameKey !== usernameKey) {
      if (!mayTake) throw aliasTaken(change.refusal, alias.attribute, userPool)
      moved.push(stored)
      losses.set(stored.value.usernameKey, [...(losses.get(stored.value.usernameKey) ?? []), alias])
    }
  }
  const losers: { readonly stored: Stored<User>; readonly value: User }[] = []
  for (const [ownerKey, taken] of losses) {
    const owner = await records.get(users, ownerKey)
    if (owner !== undefined) losers.push({ stored: owner, value: stripped(owner.value, taken, change.nowMs) })
  }
  return (changes) => {
    for (const stored of released) changes.delete(aliases, stored)
    for (const alias of made) changes.create(aliases, alias)
    for (const stored of moved) changes.replace(aliases, stored, { ...stored.value, usernameKey })
    for (const { stored, value } of losers) changes.replace(users, stored, value)
  }
}
