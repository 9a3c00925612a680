// The first sign-in with a password whose hash was imported: at the primary it becomes a credential like any other.
import { isImportedPassword } from '../directory/imported-password.ts'
import { type User, users } from '../directory/records/user.ts'
import type { SignInRequest } from './sign-in-request.ts'

/**
 * The user, when `password` is the one whose hash they brought; undefined when it is not, or they brought none. A secondary writes nothing: there
 * the hash is checked at each sign-in until the primary has seen the password.
 */
export const acceptImportedPassword = async (
  { pool, context }: Pick<SignInRequest, 'pool' | 'context'>,
  user: User | undefined,
  password: string,
): Promise<User | undefined> => {
  if (user?.importedPassword === undefined || user.credential !== undefined) return undefined
  if (!(await isImportedPassword(password, user.importedPassword))) return undefined
  if (context.pool.registered.role !== 'PRIMARY') return user
  const records = context.pool.asPrimary('keeps the password of an imported user')
  const stored = await records.get(users, user.usernameKey)
  if (stored === undefined || stored.value.credential !== undefined) return user
  const { importedPassword: _, ...kept } = stored.value
  const credential = await context.passwords.makeCredential(pool.poolId, kept.username, password)
  const made: User = { ...kept, credential, modifiedAtMs: context.clock.now() }
  await records.commit((changes) => changes.replace(users, stored, made))
  return made
}
