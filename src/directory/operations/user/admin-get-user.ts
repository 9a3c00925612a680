// AdminGetUser: one user, found by name, alias or sub.
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { shownMfa } from '../../shown-mfa.ts'
import { shownAttributes } from '../../user-view.ts'

export const adminGetUser = operation({
  name: 'AdminGetUser',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { value: userPool } = await readPool(pool)
    const { value: user } = await requireUser(pool.records, userPool, input.Username ?? '')
    return {
      Username: user.username,
      UserAttributes: shownAttributes(user),
      UserCreateDate: new Date(user.createdAtMs),
      UserLastModifiedDate: new Date(user.modifiedAtMs),
      Enabled: user.isEnabled,
      UserStatus: user.status,
      ...shownMfa(user),
    }
  },
})
