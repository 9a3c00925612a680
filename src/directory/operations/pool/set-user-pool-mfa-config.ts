// SetUserPoolMfaConfig: turns second factors on and off. On a secondary it may change how that replica sends SMS, and nothing else.
import { isDeepStrictEqual } from 'node:util'
import { operation } from '../../operation.ts'
import { changedMfa, checkMfaRequest, describedMfa, withSmsFactor } from '../../pool-mfa.ts'
import { withoutUndefined } from '../../pool-settings.ts'
import { putRegionalSettings } from '../../put-regional-settings.ts'
import { readPool, readRegionalSettings } from '../../read-pool.ts'
import { type PoolMfa, type UserPool, userPools } from '../../records/user-pool.ts'
import { isGlobalSetting } from '../../secondary-update.ts'

export const setUserPoolMfaConfig = operation({
  name: 'SetUserPoolMfaConfig',
  runs: 'inactive',
  handle: async (input, { pool, clock }) => {
    const [stored, regional] = await Promise.all([readPool(pool), readRegionalSettings(pool)])
    const current = stored.value
    const sms = input.SmsMfaConfiguration?.SmsConfiguration ?? regional.value.sms
    const isSecondary = pool.registered.role === 'SECONDARY'
    const MfaConfiguration = input.MfaConfiguration ?? current.settings.MfaConfiguration
    const named = changedMfa(input, current.mfa)
    // How a secondary sends SMS is its own; whether SMS is a factor is not, and stays as it is.
    const { isSmsEnabled: isSmsFactor = false } =
      (isSecondary ? current.mfa : withSmsFactor(named, MfaConfiguration, sms)) ?? {}
    const { isSmsEnabled: _, ...besideSms } = named
    const mfa: PoolMfa = { ...besideSms, ...(isSmsFactor ? { isSmsEnabled: true } : {}) }
    checkMfaRequest(input, current, mfa)
    const changedRegional = withoutUndefined({ ...regional.value, sms })
    const changed: UserPool = withoutUndefined({
      ...current,
      mfa,
      settings: {
        ...current.settings,
        MfaConfiguration,
        SmsAuthenticationMessage:
          input.SmsMfaConfiguration?.SmsAuthenticationMessage ?? current.settings.SmsAuthenticationMessage,
      },
    })

    const isGlobalChange = !isDeepStrictEqual(
      [changed.settings, mfa],
      [current.settings, changedMfa({}, current.mfa)],
    )
    if (isGlobalChange && isSecondary) throw isGlobalSetting('The MFA configuration', pool.registered)
    if (isGlobalChange)
      await pool.asPrimary('changes global settings').commit((changes) => {
        putRegionalSettings(changes, regional.stored, changedRegional)
        changes.replace(userPools, stored, { ...changed, modifiedAtMs: clock.now() })
      })
    else
      await pool.records.commit((changes) => putRegionalSettings(changes, regional.stored, changedRegional))
    return describedMfa(changed, changedRegional)
  },
})
