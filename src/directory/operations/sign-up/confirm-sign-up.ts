// ConfirmSignUp: confirms an account with the code that was sent, and verifies the address that it was sent to.
import { readClientCall } from '../../client-call.ts'
import { confirmAccount } from '../../confirm-account.ts'
import { operation } from '../../operation.ts'
import { isSignUpSessionOf, signUpSession } from '../../sign-up-session.ts'

export const confirmSignUp = operation({
  name: 'ConfirmSignUp',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { userPool, client, username } = await readClientCall(context.pool, input)
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
