// DeleteWebAuthnCredential: takes a passkey of the user who asks away.
import { operation } from '../../../directory/operation.ts'
import { passkeyCounters, passkeys } from '../../../directory/records/passkey.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'

export const deleteWebAuthnCredential = operation({
  name: 'DeleteWebAuthnCredential',
  runs: 'primary',
  handle: async (input, context) => {
    const { records } = context.pool
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const credentialId = input.CredentialId ?? ''
    const stored = await records.get(passkeys, credentialId)
    if (stored?.value.sub !== user.value.sub)
      throw new Fault('ResourceNotFoundException', 'The user has no such passkey.')
    const counter = await records.get(passkeyCounters, credentialId)
    await records.commit((changes) => {
      changes.delete(passkeys, stored)
      if (counter !== undefined) changes.delete(passkeyCounters, counter)
    })
    return {}
  },
})
