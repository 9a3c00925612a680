// GetUserPoolMfaConfig: which second factors a pool has, and its passkey settings.
import { operation } from '../../operation.ts'
import { describedMfa } from '../../pool-mfa.ts'
import { readPool, readRegionalSettings } from '../../read-pool.ts'

export const getUserPoolMfaConfig = operation({
  name: 'GetUserPoolMfaConfig',
  runs: 'inactive',
  handle: async (_input, { pool }) => {
    const [stored, regional] = await Promise.all([readPool(pool), readRegionalSettings(pool)])
    return describedMfa(stored.value, regional.value)
  },
})
