// AssociateSoftwareToken: hands out a TOTP secret, to a signed-in user or to one whose sign-in asks for a second factor to be set up.
import { operation } from '../../../directory/operation.ts'
import { makeTotpSecret } from '../../software-token.ts'
import { requireSoftwareTokens, whoSetsUp } from '../../software-token-set-up.ts'
import { putUserMfa } from '../../user-mfa.ts'

export const associateSoftwareToken = operation({
  name: 'AssociateSoftwareToken',
  runs: 'primary',
  handle: async (input, context) => {
    const who = await whoSetsUp(input, context)
    requireSoftwareTokens(who.pool)
    const secret = makeTotpSecret(context.random)
    if (who.kind === 'session')
      return { SecretCode: secret, Session: await who.seal({ pendingSecret: secret }) }
    await putUserMfa(context, who.pool, who.user, { ...who.user.value.mfa, pendingSecret: secret })
    return { SecretCode: secret }
  },
})
