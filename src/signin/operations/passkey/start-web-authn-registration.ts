// StartWebAuthnRegistration: what a browser needs to make a passkey for the user who asks.
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { type PasskeyRegistration, passkeyRegistrations } from '../../../directory/records/passkey.ts'
import { passkeysOf, passkeysPerUserMax } from '../../../directory/user-passkeys.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'
import { expiredAmong } from '../../expired-records.ts'
import { creationOptions } from '../../passkey-registration.ts'
import { relyingPartyId, requirePasskeys } from '../../relying-party.ts'

const challengeBytes = 32
const registrationMs = 5 * 60_000
const sweptPerWrite = 4

export const startWebAuthnRegistration = operation({
  name: 'StartWebAuthnRegistration',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user, clientId } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const pool = (await readPool(context.pool)).value
    requirePasskeys(pool)
    const rpId = await relyingPartyId(pool, records, context)
    const owned = await passkeysOf(records, user.value)
    if (owned.length >= passkeysPerUserMax)
      throw new Fault('LimitExceededException', 'The user has the maximum number of passkeys.')
    const challenge = context.random.bytes(challengeBytes)
    const { usernameKey, sub } = user.value
    const registration: PasskeyRegistration = {
      usernameKey,
      sub,
      clientId,
      challenge: challenge.toString('base64url'),
      relyingPartyId: rpId,
      expiresAtMs: context.clock.now() + registrationMs,
    }
    const earlier = await records.get(passkeyRegistrations, usernameKey)
    const expired = await expiredAmong(records, passkeyRegistrations, sweptPerWrite, context)
    await records.commit((changes) => {
      if (earlier === undefined) changes.create(passkeyRegistrations, registration)
      else changes.replace(passkeyRegistrations, earlier, registration)
      for (const old of expired) if (old.key !== earlier?.key) changes.delete(passkeyRegistrations, old)
    })
    const existing = owned.map(({ value }) => value)
    const options = await creationOptions(pool, user.value, { challenge, rpId, existing })
    return { CredentialCreationOptions: JSON.parse(JSON.stringify(options)) }
  },
})
