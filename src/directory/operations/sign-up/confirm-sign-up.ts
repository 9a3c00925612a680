// ConfirmSignUp: confirms an account with the code that was sent, and verifies the address that it was sent to.
import { Fault } from '../../../wire/fault.ts'
import { replaceUser } from '../../change-user.ts'
import { requireUnconfirmed } from '../../confirm-user.ts'
import { codeMismatch, requireCode } from '../../confirmation-code.ts'
import { findUser } from '../../find-user.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { readPool } from '../../read-pool.ts'
import { pendingCodes } from '../../records/user.ts'
import { requireSecretHash } from '../../secret-hash.ts'
import { isSignUpSessionOf, signUpSession } from '../../sign-up-session.ts'
import { noSuchUsername } from '../../user-existence.ts'

export const confirmSignUp = operation({
  name: 'ConfirmSignUp',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const username = input.Username ?? ''
    const [{ value: userPool }, { value: client }] = await Promise.all([
      readPool(context.pool),
      readClient(context.pool, input.ClientId),
    ])
    requireSecretHash(client, username, input.SecretHash)
    const stored = await findUser(records, userPool, username)
    if (stored === undefined) throw noSuchUsername(client, codeMismatch())
    const { usernameKey, attributes } = stored.value
    requireUnconfirmed(stored.value)
    if (!stored.value.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')

    const code = await requireCode(
      records,
      { usernameKey, purpose: 'sign-up', addressOf: (attribute) => attributes[attribute] },
      input.ConfirmationCode ?? '',
      context,
    )
    const user = await replaceUser(
      context,
      userPool,
      stored,
      {
        status: 'CONFIRMED',
        attributes: { ...attributes, [`${code.value.attribute}_verified`]: 'true' },
      },
      {
        takesOver: input.ForceAliasCreation ?? false,
        also: (changes) => changes.delete(pendingCodes, code),
      },
    )
    await context.triggers.postConfirmation(context.pool, {
      source: 'ConfirmSignUp',
      user,
      clientId: client.clientId,
      clientMetadata: input.ClientMetadata,
    })
    const owner = { poolId: userPool.poolId, client, records }
    const isWhoSignedUp =
      input.Session !== undefined &&
      (await isSignUpSessionOf(owner, 'signed-up', stored.value, input.Session, context))
    return isWhoSignedUp ? { Session: await signUpSession(owner, 'confirmed', stored.value, context) } : {}
  },
})
