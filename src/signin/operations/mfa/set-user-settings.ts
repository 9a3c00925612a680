// SetUserSettings: the older way to turn SMS codes on and off for the user who asks.
import { operation } from '../../../directory/operation.ts'
import { readPool, readRegionalSettings } from '../../../directory/read-pool.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { preferenceOfOptions } from '../../legacy-mfa-options.ts'
import { preferredMfa } from '../../mfa-preference.ts'
import { putUserMfa } from '../../user-mfa.ts'

export const setUserSettings = operation({
  name: 'SetUserSettings',
  runs: 'primary',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const [pool, regional] = await Promise.all([readPool(context.pool), readRegionalSettings(context.pool)])
    const about = { user: user.value, by: 'user' as const, pool: pool.value, regional: regional.value }
    await putUserMfa(context, pool.value, user, preferredMfa(preferenceOfOptions(input.MFAOptions), about))
    return {}
  },
})
