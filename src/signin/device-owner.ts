// The user whose devices an administrator asks about.
import { findUser } from '../directory/find-user.ts'
import { readPool } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'

/** `refusal` is the error that the operation's model has for a user who doesn't exist. */
export const requireDeviceOwner = async (
  pool: { readonly poolId: string; readonly records: Records },
  username: string | undefined,
  refusal: 'UserNotFoundException' | 'ResourceNotFoundException',
): Promise<User> => {
  const stored = await findUser(pool.records, (await readPool(pool)).value, username ?? '')
  if (stored === undefined) throw new Fault(refusal, 'User does not exist.')
  return stored.value
}
