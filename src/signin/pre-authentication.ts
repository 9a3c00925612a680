// What functions hear of a sign-in before any factor is checked: PreAuthentication of everybody's, UserMigration of a name of nobody's.
import { migrateUser } from '../directory/migrate-user.ts'
import type { User } from '../directory/records/user.ts'
import { usernameKeyOf } from '../directory/username-rules.ts'
import { passwordAttemptsOf } from './password-attempts.ts'
import type { SignInRequest } from './sign-in-request.ts'

/** Once for a sign-in, when it begins. Rejects with the function's refusal. */
export const askPreAuthentication = async (
  { client, parameters, context, validationData, hasBegun = false }: SignInRequest,
  user: User | undefined,
): Promise<void> => {
  if (hasBegun) return
  await context.triggers.preAuthentication(context.pool, {
    username: user?.username ?? parameters.USERNAME ?? '',
    user,
    clientId: client.clientId,
    validationData,
  })
}

/** Lets the pool's function bring a user whom the pool doesn't have, with the password that they sign in with. */
export const migrateUnknownUser = async (
  { client, pool, context, validationData, clientMetadata }: SignInRequest,
  name: string,
  password: string,
): Promise<User | undefined> => {
  const counted = passwordAttemptsOf(context)
  const attempts = { poolId: pool.poolId, usernameKey: usernameKeyOf(pool, name), isKnown: false }
  counted.check(attempts)
  try {
    return await migrateUser(
      { ...context, userPool: pool, client },
      { source: 'Authentication', username: name, password, validationData, clientMetadata },
    )
  } catch (error) {
    counted.failed(attempts)
    throw error
  }
}
