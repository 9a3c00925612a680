// AdminDeleteSoftwareToken: takes a user's TOTP secret away, as after the loss of a telephone.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { putUserMfa } from '../../user-mfa.ts'

export const adminDeleteSoftwareToken = operation({
  name: 'AdminDeleteSoftwareToken',
  runs: 'primary',
  handle: async (input, context) => {
    const pool = (await readPool(context.pool)).value
    const user = await requireUser(context.pool.records, pool, input.Username ?? '')
    const { mfa } = user.value
    if (mfa === undefined) return {}
    const { softwareToken: _, pendingSecret: __, ...kept } = mfa
    const enabled = kept.enabled.filter((factor) => factor !== 'SOFTWARE_TOKEN_MFA')
    await putUserMfa(context, pool, user, { ...kept, enabled })
    return {}
  },
})
