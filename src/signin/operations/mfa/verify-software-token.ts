// VerifySoftwareToken: the first code of an authenticator app, which makes its secret the user's software token.
import { operation } from '../../../directory/operation.ts'
import { Fault } from '../../../wire/fault.ts'
import { useCode } from '../../factor-attempts.ts'
import { checkTotp, noSoftwareToken } from '../../software-token.ts'
import { requireSoftwareTokens, whoSetsUp } from '../../software-token-set-up.ts'
import { makeEventId } from '../../token-id.ts'
import { putUserMfa } from '../../user-mfa.ts'

/** How long a set-up counts as one among those that were answered: as long as its failures are remembered. */
const setUpMs = 15 * 60_000

export const verifySoftwareToken = operation({
  name: 'VerifySoftwareToken',
  runs: 'primary',
  handle: async (input, context) => {
    const who = await whoSetsUp(input, context)
    requireSoftwareTokens(who.pool)
    const { mfa } = who.user.value
    const secret = who.kind === 'session' ? who.begun.pendingSecret : mfa?.pendingSecret
    if (secret === undefined) throw noSoftwareToken()
    await useCode(
      context,
      who.user.value,
      { challengeId: makeEventId(context.random), untilMs: context.clock.now() + setUpMs },
      () => ({ ...checkTotp(secret, input.UserCode ?? '', context.clock), isFirst: true }),
      new Fault('EnableSoftwareTokenMFAException', 'Code mismatch and fail enable Software Token MFA'),
    )
    const { pendingSecret: _, ...kept } = mfa ?? { enabled: [] }
    const softwareToken = {
      secret,
      ...(input.FriendlyDeviceName ? { friendlyName: input.FriendlyDeviceName } : {}),
    }
    if (who.kind === 'token') {
      await putUserMfa(context, who.pool, who.user, { ...kept, softwareToken })
      return { Status: 'SUCCESS' as const }
    }
    await putUserMfa(context, who.pool, who.user, {
      ...kept,
      softwareToken,
      enabled: [...new Set([...kept.enabled, 'SOFTWARE_TOKEN_MFA' as const])],
      preferred: 'SOFTWARE_TOKEN_MFA',
    })
    return { Status: 'SUCCESS' as const, Session: await who.seal({ isSetUp: true }) }
  },
})
