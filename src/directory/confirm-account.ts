// Confirming an account with the code that was sent: the rule that the operation and the link in an e-mail share.
import type { Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { replaceUser } from './change-user.ts'
import { requireUnconfirmed } from './confirm-user.ts'
import { requireCode } from './confirmation-code.ts'
import { findUser } from './find-user.ts'
import type { Context } from './operation.ts'
import type { AppClient } from './records/app-client.ts'
import { pendingCodes, type User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'
import { simulatedCodesOf } from './simulated-codes.ts'
import { hidesUsers, noSuchUsername } from './user-existence.ts'

export type Confirmation = {
  readonly userPool: UserPool
  readonly client: AppClient
  readonly username: string
  readonly code: string
  /** ForceAliasCreation. */
  readonly takesOver: boolean
  readonly clientMetadata: Readonly<Record<string, string>> | undefined
}

/**
 * Confirms the user, verifies the address that the code went to, and asks the function that follows. Resolves with the user as it was.
 * Throws UserNotFoundException, NotAuthorizedException, AliasExistsException, and what is wrong with the code.
 */
export const confirmAccount = async (
  context: Context<'primary'>,
  { userPool, client, username, code, takesOver, clientMetadata }: Confirmation,
): Promise<Stored<User>> => {
  const { records } = context.pool
  const stored = await findUser(records, userPool, username)
  if (stored === undefined)
    throw hidesUsers(client)
      ? simulatedCodesOf(context).refusal({ userPool, username, purpose: 'sign-up' })
      : noSuchUsername(client)
  const { usernameKey, attributes } = stored.value
  requireUnconfirmed(stored.value)
  if (!stored.value.isEnabled) throw new Fault('NotAuthorizedException', 'User is disabled.')

  const pending = await requireCode(
    records,
    { usernameKey, purpose: 'sign-up', addressOf: (attribute) => attributes[attribute] },
    code,
    context,
  )
  const user = await replaceUser(
    context,
    userPool,
    stored,
    {
      status: 'CONFIRMED',
      attributes: { ...attributes, [`${pending.value.attribute}_verified`]: 'true' },
    },
    { takesOver, also: (changes) => changes.delete(pendingCodes, pending) },
  )
  await context.triggers.postConfirmation(context.pool, {
    source: 'ConfirmSignUp',
    user,
    clientId: client.clientId,
    clientMetadata,
  })
  return stored
}
