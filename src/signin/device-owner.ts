// The user whose devices are asked about: by an administrator, or by the user.
import { findUser } from '../directory/find-user.ts'
import { readPool } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import type { Runtime } from '../directory/runtime.ts'
import { requireDeviceTracking } from '../directory/user-devices.ts'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type AccessToken, verifyAccessToken } from './access-token.ts'

/**
 * Throws InvalidUserPoolConfigurationException where devices are not tracked, and `refusal`, the error that the operation's model has, for a
 * user who doesn't exist.
 */
export const requireDeviceOwner = async (
  pool: { readonly poolId: string; readonly records: Records },
  username: string | undefined,
  refusal: 'UserNotFoundException' | 'ResourceNotFoundException',
): Promise<User> => {
  const { value: userPool } = await readPool(pool)
  requireDeviceTracking(userPool)
  const stored = await findUser(pool.records, userPool, username ?? '')
  if (stored === undefined) throw new Fault(refusal, 'User does not exist.')
  return stored.value
}

/** The user whose access token it is. Throws what the token is refused with, or InvalidUserPoolConfigurationException. */
export const verifyDeviceUser = async (
  accessToken: string,
  context: Pick<Runtime, 'clock' | 'endpoints'> & {
    readonly pool: { readonly poolId: string; readonly records: Records }
  },
): Promise<AccessToken> => {
  const verified = await verifyAccessToken(accessToken, context.pool, context)
  requireDeviceTracking((await readPool(context.pool)).value)
  return verified
}
