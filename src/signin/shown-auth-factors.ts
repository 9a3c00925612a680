// A user's factors as GetUserAuthFactors and AdminGetUserAuthFactors show them.
import type { GetUserAuthFactorsResponse } from '@aws-sdk/client-cognito-identity-provider'
import type { PoolScope } from '../directory/operation.ts'
import { readPool } from '../directory/read-pool.ts'
import type { User } from '../directory/records/user.ts'
import type { Runtime } from '../directory/runtime.ts'
import { shownMfa } from '../directory/shown-mfa.ts'
import { configuredFactors } from './auth-factors.ts'
import { factorFacts } from './factor-facts.ts'

export const shownAuthFactors = async (
  user: User,
  scope: Pick<PoolScope<'regional'>, 'poolId' | 'records' | 'registered'>,
  runtime: Pick<Runtime, 'endpoints'>,
): Promise<GetUserAuthFactorsResponse> => {
  const facts = await factorFacts(user, (await readPool(scope)).value, scope, runtime)
  const { MFAOptions: _, ...mfa } = shownMfa(user)
  return {
    Username: user.username,
    ...mfa,
    ConfiguredUserAuthFactors: configuredFactors(user, facts),
  }
}
