// AdminDeleteUser: deletes a user with all that is theirs: aliases, memberships and pending codes.
import { pendingCodesOf } from '../../confirmation-code.ts'
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { memberships, pendingCodes, users } from '../../records/user.ts'
import { prepareAliases } from '../../user-aliases.ts'
import { membershipsOf } from '../../user-groups.ts'

export const adminDeleteUser = operation({
  name: 'AdminDeleteUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(records, userPool, input.Username ?? '')
    const { usernameKey } = stored.value
    const [joined, codes, writeAliases] = await Promise.all([
      membershipsOf(records, usernameKey),
      pendingCodesOf(records, usernameKey),
      prepareAliases(records, userPool, {
        before: stored.value,
        after: { usernameKey, aliases: [] },
        refusal: 'AliasExistsException',
        nowMs: context.clock.now(),
      }),
    ])
    await records.commit((changes) => {
      changes.delete(users, stored)
      writeAliases(changes)
      for (const membership of joined) changes.delete(memberships, membership)
      for (const code of codes) changes.delete(pendingCodes, code)
    })
    return {}
  },
})
