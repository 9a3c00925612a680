// SetUserPoolSessionConfiguration: has a pool track its users' sessions or not, and says how many each may have.
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { type UserPool, userPools } from '../../../directory/records/user-pool.ts'
import {
  defaultTokenMaxPerUser,
  poolSessionConfiguration,
  requireSessionsTier,
} from '../../session-configuration.ts'

export const setUserPoolSessionConfiguration = operation({
  name: 'SetUserPoolSessionConfiguration',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const stored = await readPool(pool)
    requireSessionsTier(stored.value)
    const changed: UserPool = {
      ...stored.value,
      modifiedAtMs: clock.now(),
      sessions: {
        isTracked: input.UserSessionTracking === 'ENABLED',
        tokenMaxPerUser: input.TokenSession?.MaxPerUser ?? defaultTokenMaxPerUser,
      },
    }
    await pool.records.commit((changes) => changes.replace(userPools, stored, changed))
    return poolSessionConfiguration(changed)
  },
})
