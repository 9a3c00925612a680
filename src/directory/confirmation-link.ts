// The link that confirms an account in place of a code (developer guide, "Customizing email verification messages").
import type { Records } from '../vault/records.ts'
import type { Destination } from './code-delivery.ts'
import { type Endpoints, isCustomDomain } from './endpoints.ts'
import type { User } from './records/user.ts'
import { type UserPool, userPoolDomains } from './records/user-pool.ts'

/** More than a pool can have: a prefix and a custom domain. */
const domainsMax = 10

export const confirmationPath = '/confirmUser'

/** The link for this code, at the pool's domain; undefined where the pool sends codes, or the message is no e-mail. */
export const confirmationLink = async (
  { records, endpoints }: { readonly records: Pick<Records, 'list'>; readonly endpoints: Endpoints },
  { poolId, settings }: UserPool,
  { channel }: Destination,
  about: { readonly clientId: string; readonly user: Pick<User, 'username'>; readonly code: string },
): Promise<string | undefined> => {
  const isByLink = settings.VerificationMessageTemplate?.DefaultEmailOption === 'CONFIRM_WITH_LINK'
  if (!isByLink || channel !== 'EMAIL') return undefined
  const { items } = await records.list(userPoolDomains, { limit: domainsMax })
  const domains = items.map(({ value }) => value.domain)
  const type = settings.IssuerConfiguration?.Type ?? 'ORIGINAL'
  const origin = endpoints.oauthOrigin(poolId, type, domains.find(isCustomDomain) ?? domains[0])
  const query = new URLSearchParams({
    client_id: about.clientId,
    user_name: about.user.username,
    confirmation_code: about.code,
  })
  return `${origin}${confirmationPath}?${query.toString()}`
}
