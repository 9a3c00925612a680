// A user's passkeys as they are read.
import type { Records, Stored } from '../vault/records.ts'
import { type Passkey, passkeys } from './records/passkey.ts'
import type { User } from './records/user.ts'

/** Developer guide, "Quotas": passkeys that a user can have. */
export const passkeysPerUserMax = 20

/** Every passkey of the user, the oldest first. What is left of an earlier user of the same name isn't theirs. */
export const passkeysOf = async (
  records: Pick<Records, 'find'>,
  { usernameKey, sub }: Pick<User, 'usernameKey' | 'sub'>,
): Promise<readonly Stored<Passkey>[]> => {
  const { items } = await records.find(
    passkeys,
    { name: 'user', value: usernameKey },
    { limit: passkeysPerUserMax },
  )
  return items
    .filter(({ value }) => value.sub === sub)
    .toSorted((first, second) => first.value.createdAtMs - second.value.createdAtMs)
}
