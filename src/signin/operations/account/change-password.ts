// ChangePassword: a signed-in user gives the present password and chooses another one.
import { attemptsExceeded } from '../../../directory/confirmation-code.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { users } from '../../../directory/records/user.ts'
import { permanentPassword } from '../../../directory/set-password.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { passwordAttemptsOf } from '../../password-attempts.ts'
import { wrongPassword } from '../../sign-in-candidate.ts'

export const changePassword = operation({
  name: 'ChangePassword',
  runs: 'primary',
  handle: async (input, context) => {
    const { records, poolId } = context.pool
    const { user: stored } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const user = stored.value
    const { value: userPool } = await readPool(context.pool)
    // Who signed in without a password has none to give (API reference, ChangePassword, "PreviousPassword").
    if (user.credential !== undefined) {
      if (input.PreviousPassword === undefined)
        throw new Fault('InvalidParameterException', 'PreviousPassword is required.')
      const attempts = { poolId, usernameKey: user.usernameKey, isKnown: true }
      const counted = passwordAttemptsOf(context)
      const count = (what: 'check' | 'failed' | 'succeeded'): void => {
        try {
          counted[what](attempts)
        } catch {
          throw attemptsExceeded()
        }
      }
      count('check')
      const { username, credential } = user
      const isRight = await context.passwords.isPasswordOf(
        poolId,
        username,
        input.PreviousPassword,
        credential,
      )
      count(isRight ? 'succeeded' : 'failed')
      if (!isRight) throw wrongPassword()
    }
    const change = await permanentPassword(userPool, user, input.ProposedPassword ?? '', context)
    await records.commit((changes) =>
      changes.replace(users, stored, { ...user, ...change, modifiedAtMs: context.clock.now() }),
    )
    return {}
  },
})
