// Deleting a user with all that is theirs: aliases, memberships, pending codes, passkeys and devices, in one commit.
import type { Clock } from '../telemetry/clock.ts'
import type { Locality } from '../vault/collection.ts'
import type { Stored, WritableRecords } from '../vault/records.ts'
import { pendingCodesOf } from './confirmation-code.ts'
import { userAuthEvents } from './records/auth-event.ts'
import { memberships, pendingCodes, type User, users } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { prepareAliases } from './user-aliases.ts'
import { prepareBelongingsDeletion } from './user-belongings.ts'
import { membershipsOf } from './user-groups.ts'

export const deleteUserWithAll = async (
  records: WritableRecords<Locality>,
  userPool: UserPool,
  stored: Stored<User>,
  { clock }: { readonly clock: Clock },
): Promise<void> => {
  const { usernameKey } = stored.value
  const [events, joined, codes, deleteBelongings, writeAliases] = await Promise.all([
    records.get(userAuthEvents, usernameKey),
    membershipsOf(records, usernameKey),
    pendingCodesOf(records, usernameKey),
    prepareBelongingsDeletion(records, stored.value),
    prepareAliases(records, userPool, {
      before: stored.value,
      after: { usernameKey, aliases: [] },
      refusal: 'AliasExistsException',
      nowMs: clock.now(),
    }),
  ])
  await records.commit((changes) => {
    changes.delete(users, stored)
    writeAliases(changes)
    deleteBelongings(changes)
    if (events !== undefined) changes.delete(userAuthEvents, events)
    for (const membership of joined) changes.delete(memberships, membership)
    for (const code of codes) changes.delete(pendingCodes, code)
  })
}
