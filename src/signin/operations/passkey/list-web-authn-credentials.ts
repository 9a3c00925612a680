// ListWebAuthnCredentials: the passkeys of the user who asks, the oldest first.
import { createHash } from 'node:crypto'
import { operation } from '../../../directory/operation.ts'
import { decodePageToken, encodePageToken } from '../../../directory/pagination.ts'
import type { Passkey } from '../../../directory/records/passkey.ts'
import { passkeysOf, passkeysPerUserMax } from '../../../directory/user-passkeys.ts'
import { Fault } from '../../../wire/fault.ts'
import { verifyAccessToken } from '../../access-token.ts'

/** What a pagination token tells of the last passkey of a page. */
const markOf = ({ credentialId }: Passkey): string =>
  createHash('sha256').update(credentialId).digest('base64url')

export const listWebAuthnCredentials = operation({
  name: 'ListWebAuthnCredentials',
  runs: 'active',
  handle: async (input, context) => {
    const { user } = await verifyAccessToken(input.AccessToken ?? '', context.pool, context)
    const owned = await passkeysOf(context.pool.records, user.value)
    const kind = `ListWebAuthnCredentials ${user.value.sub}`
    const after = decodePageToken(kind, input.NextToken)
    const start = after === undefined ? 0 : owned.findIndex(({ value }) => markOf(value) === after) + 1
    if (after !== undefined && start === 0)
      throw new Fault('InvalidParameterException', 'Invalid pagination token.')
    const page = owned.slice(start, start + (input.MaxResults || passkeysPerUserMax))
    const last = start + page.length < owned.length ? page.at(-1) : undefined
    return {
      Credentials: page.map(({ value }) => ({
        CredentialId: value.credentialId,
        FriendlyCredentialName: value.friendlyName,
        RelyingPartyId: value.relyingPartyId,
        AuthenticatorAttachment: value.attachment,
        AuthenticatorTransports: [...value.transports],
        CreatedAt: new Date(value.createdAtMs),
      })),
      NextToken: encodePageToken(kind, last === undefined ? undefined : markOf(last.value)),
    }
  },
})
