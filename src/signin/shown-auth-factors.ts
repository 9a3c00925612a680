// A user's factors as GetUserAuthFactors and AdminGetUserAuthFactors show them.
import type { GetUserAuthFactorsResponse } from '@aws-sdk/client-cognito-identity-provider'
import type { PoolScope } from '../directory/operation.ts'
import { readPool, readRegionalSettings } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import { shownMfa } from '../directory/shown-mfa.ts'
import { configuredFactors } from './auth-factors.ts'

export const shownAuthFactors = async (
  user: User,
  scope: Pick<PoolScope<'regional'>, 'poolId' | 'records' | 'registered'>,
): Promise<GetUserAuthFactorsResponse> => {
  const [pool, regional] = await Promise.all([readPool(scope), readRegionalSettings(scope)])
  const { MFAOptions: _, ...mfa } = shownMfa(user)
  const facts = { pool: pool.value, regional: regional.value, hasPasskey: false }
  return {
    Username: user.username,
    ...mfa,
    ConfiguredUserAuthFactors: configuredFactors(user, facts),
  }
}
