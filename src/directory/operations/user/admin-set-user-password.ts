// AdminSetUserPassword: a permanent password, or a temporary one that must be changed at the next sign-in.
import { requireUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { users } from '../../records/user.ts'
import { permanentPassword, temporaryPassword } from '../../set-password.ts'

export const adminSetUserPassword = operation({
  name: 'AdminSetUserPassword',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(records, userPool, input.Username ?? '')
    const user = stored.value
    const setPassword = input.Permanent === true ? permanentPassword : temporaryPassword
    const change = await setPassword(userPool, user, input.Password ?? '', context)
    await records.commit((changes) =>
      changes.replace(users, stored, {
        ...user,
        ...change,
        status: input.Permanent === true ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD',
        modifiedAtMs: context.clock.now(),
      }),
    )
    return {}
  },
})
