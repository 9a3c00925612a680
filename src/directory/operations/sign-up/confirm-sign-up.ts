// ConfirmSignUp: confirms an account with the code that was sent, and verifies the address that it was sent to.
import { confirmAccount } from '../../confirm-account.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { readPool } from '../../read-pool.ts'
import { requireSecretHash } from '../../secret-hash.ts'
import { isSignUpSessionOf, signUpSession } from '../../sign-up-session.ts'

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
    const { value: user } = await confirmAccount(context, {
      userPool,
      client,
      username,
      code: input.ConfirmationCode ?? '',
      takesOver: input.ForceAliasCreation ?? false,
      clientMetadata: input.ClientMetadata,
    })
    const owner = { poolId: userPool.poolId, client, records }
    const isWhoSignedUp =
      input.Session !== undefined &&
      (await isSignUpSessionOf(owner, 'signed-up', user, input.Session, context))
    return isWhoSignedUp ? { Session: await signUpSession(owner, 'confirmed', user, context) } : {}
  },
})
