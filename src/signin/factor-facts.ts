// What must be read to say which factors a user has: this Region's settings, and whether there is a passkey to sign in with.
import type { PoolScope } from '../directory/operation.ts'
import { readRegionalSettings } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import type { UserPool } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { type FactorFacts, isFactorAllowed } from './auth-factors.ts'
import { usablePasskeys } from './relying-party.ts'

export const factorFacts = async (
  user: User,
  pool: UserPool,
  scope: Pick<PoolScope<'regional'>, 'poolId' | 'records' | 'registered'>,
  runtime: Pick<Runtime, 'endpoints'>,
): Promise<FactorFacts> => ({
  pool,
  regional: (await readRegionalSettings(scope)).value,
  hasPasskey:
    isFactorAllowed(pool, 'WEB_AUTHN') &&
    (await usablePasskeys(user, pool, scope.records, runtime)).length > 0,
})
