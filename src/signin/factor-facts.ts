// What must be read to say which factors a user has: this Region's settings, and whether there is a passkey.
import type { PoolScope } from '../directory/operation.ts'
import { readRegionalSettings } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import { passkeysOf } from '../directory/user-passkeys.ts'
import { type FactorFacts, isFactorAllowed } from './auth-factors.ts'

export const factorFacts = async (
  user: User,
  pool: UserPool,
  scope: Pick<PoolScope<'regional'>, 'poolId' | 'records' | 'registered'>,
): Promise<FactorFacts> => ({
  pool,
  regional: (await readRegionalSettings(scope)).value,
  hasPasskey: isFactorAllowed(pool, 'WEB_AUTHN') && (await passkeysOf(scope.records, user)).length > 0,
})
