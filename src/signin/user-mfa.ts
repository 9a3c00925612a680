// Changing a user's second factors.
import { replaceUser } from '../directory/change-user.ts'
import type { User, UserMfa } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { Stored, WritableRecords } from '../vault/records.ts'

/** Writes the user's factors; a preference for one that is off goes away with it. */
export const putUserMfa = (
  {
    pool: { records },
    clock,
  }: { readonly pool: { readonly records: WritableRecords }; readonly clock: Clock },
  pool: UserPool,
  stored: Stored<User>,
  changed: Partial<UserMfa>,
): Promise<User> => {
  const { preferred, enabled = [], ...rest } = changed
  const mfa: UserMfa = {
    ...rest,
    enabled,
    ...(preferred !== undefined && enabled.includes(preferred) ? { preferred } : {}),
  }
  return replaceUser({ pool: { poolId: pool.poolId, records }, clock }, pool, stored, { mfa })
}
