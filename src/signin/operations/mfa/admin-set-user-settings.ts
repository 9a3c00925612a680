// AdminSetUserSettings: the older way to turn SMS codes on and off for a user.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool, readRegionalSettings } from '../../../directory/read-pool.ts'
import { preferenceOfOptions } from '../../legacy-mfa-options.ts'
import { preferredMfa } from '../../mfa-preference.ts'
import { putUserMfa } from '../../user-mfa.ts'

export const adminSetUserSettings = operation({
  name: 'AdminSetUserSettings',
  runs: 'primary',
  handle: async (input, context) => {
    const [pool, regional] = await Promise.all([readPool(context.pool), readRegionalSettings(context.pool)])
    const user = await requireUser(context.pool.records, pool.value, input.Username ?? '')
    const about = { user: user.value, by: 'admin' as const, pool: pool.value, regional: regional.value }
    await putUserMfa(context, pool.value, user, preferredMfa(preferenceOfOptions(input.MFAOptions), about))
    return {}
  },
})
