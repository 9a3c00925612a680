// CompleteWebAuthnRegistration: keeps the passkey that the user's authenticator made.
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { passkeyRegistrations, passkeys } from '../../../directory/records/passkey.ts'
import { passkeysOf, passkeysPerUserMax } from '../../../directory/user-passkeys.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { registeredPasskey } from '../../passkey-registration.ts'
import { requirePasskeys } from '../../relying-party.ts'

export const completeWebAuthnRegistration = operation({
  name: 'CompleteWebAuthnRegistration',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const pool = (await readPool(context.pool)).value
    requirePasskeys(pool)
    const begun = await records.get(passkeyRegistrations, user.value.usernameKey)
    if (
      begun === undefined ||
      begun.value.sub !== user.value.sub ||
      context.clock.now() >= begun.value.expiresAtMs
    )
      throw new Fault('WebAuthnChallengeNotFoundException', 'No registration was started, or it has expired.')
    if (begun.value.clientId !== clientId)
      throw new Fault(
        'WebAuthnClientMismatchException',
        'The registration was started with another app client.',
      )
    const passkey = await registeredPasskey(input.Credential, begun.value, {
      pool,
      nowMs: context.clock.now(),
    })
    if ((await passkeysOf(records, user.value)).length >= passkeysPerUserMax)
      throw new Fault('LimitExceededException', 'The user has the maximum number of passkeys.')
    // WebAuthn Level 3, section 7.1: a credential ID that is known already isn't registered again.
    if ((await records.get(passkeys, passkey.credentialId)) !== undefined)
      throw new Fault('WebAuthnCredentialNotSupportedException', 'The credential is registered already.')
    await records.commit((changes) => {
      changes.delete(passkeyRegistrations, begun)
      changes.create(passkeys, passkey)
    })
    return {}
  },
})
