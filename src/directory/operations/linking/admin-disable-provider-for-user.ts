// AdminDisableProviderForUser: unlinks an identity from its user; of a user of the pool itself it takes the password away.
import { Fault } from '../../../wire/fault.ts'
import { replaceUser } from '../../change-user.ts'
import { requireUser } from '../../find-user.ts'
import { findLinkedUser, identitiesOf, identityIn, withIdentities } from '../../linked-identities.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { users } from '../../records/user.ts'

export const adminDisableProviderForUser = operation({
  name: 'AdminDisableProviderForUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const identity = identityIn(input.User, 'User')
    const { value: userPool } = await readPool(context.pool)
    if (identity.providerName === 'Cognito') {
      const stored = await requireUser(records, userPool, identity.userId)
      const {
        credential: _,
        earlierCredentials: _earlier,
        importedPassword: _imported,
        ...user
      } = stored.value
      await records.commit((changes) =>
        changes.replace(users, stored, { ...user, modifiedAtMs: context.clock.now() }),
      )
      return {}
    }
    const stored = await findLinkedUser(records, identity)
    if (stored === undefined) throw new Fault('UserNotFoundException', 'User does not exist.')
    const { attributes } = stored.value
    const kept = identitiesOf(attributes).filter(
      ({ providerName, userId }) => providerName !== identity.providerName || userId !== identity.userId,
    )
    await replaceUser(context, userPool, stored, { attributes: withIdentities(attributes, kept) })
    return {}
  },
})
