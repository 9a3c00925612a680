// The relying party of a pool's passkeys, and which origins speak for it (WebAuthn Level 3, sections 5.1.2 and 13.4.9).
import { isCustomDomain } from '../directory/endpoints.ts'
import type { Passkey } from '../directory/records/passkey.ts'
import type { User } from '../directory/records/user.ts'
import { type UserPool, userPoolDomains } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { passkeysOf } from '../directory/user-passkeys.ts'
import type { Records } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'

/** More than a pool can have: a prefix and a custom domain. */
const domainsMax = 10

/** Throws WebAuthnNotEnabledException unless passkeys are among the pool's first factors. */
export const requirePasskeys = (pool: UserPool): void => {
  if (pool.settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors?.includes('WEB_AUTHN') === true) return
  throw new Fault('WebAuthnNotEnabledException', 'Passkeys are not enabled for the user pool.')
}

/**
 * The relying-party ID: the configured one, else the pool's custom domain, else its prefix domain where such names resolve (API reference,
 * WebAuthnConfigurationType). Undefined when there is none.
 */
const findRelyingPartyId = async (
  pool: UserPool,
  records: Pick<Records, 'list'>,
  { endpoints }: Pick<Runtime, 'endpoints'>,
): Promise<string | undefined> => {
  const configured = pool.mfa?.webAuthn?.RelyingPartyId
  if (configured !== undefined) return configured
  const { items } = await records.list(userPoolDomains, { limit: domainsMax })
  const domains = items.map(({ value }) => value.domain)
  const domain = domains.find(isCustomDomain) ?? domains[0]
  if (domain !== undefined && isCustomDomain(domain)) return domain
  if (domain !== undefined && endpoints.baseDomain !== undefined)
    return new URL(endpoints.oauthOrigin(pool.poolId, 'ORIGINAL', domain)).hostname
  return undefined
}

/** The same. Throws WebAuthnConfigurationMissingException when there is none. */
export const relyingPartyId = async (...about: Parameters<typeof findRelyingPartyId>): Promise<string> => {
  const found = await findRelyingPartyId(...about)
  if (found !== undefined) return found
  throw new Fault(
    'WebAuthnConfigurationMissingException',
    'The user pool has neither a relying party ID nor a domain for passkeys.',
  )
}

/**
 * The passkeys that sign the user in: those of the pool's present relying party (WebAuthn Level 3, section 7.2: the hash of the RP ID is
 * the expected one). What was made for an earlier one stays listed, and works again when the pool goes back to it.
 */
export const usablePasskeys = async (
  user: User,
  pool: UserPool,
  records: Pick<Records, 'find' | 'list'>,
  runtime: Pick<Runtime, 'endpoints'>,
): Promise<readonly Passkey[]> => {
  const owned = await passkeysOf(records, user)
  if (owned.length === 0) return []
  const present = await findRelyingPartyId(pool, records, runtime)
  return owned.map(({ value }) => value).filter((passkey) => passkey.relyingPartyId === present)
}

/** Apps on Android name themselves by their signing key; the system lets them speak for a relying party that lists them. */
const androidOrigin = /^android:apk-key-hash:[\w-]+$/

/** Whether a page or app of this origin may use passkeys of the relying party: its own host or one below it, over HTTPS or on this machine. */
export const isOriginOf = (origin: string, rpId: string): boolean => {
  if (androidOrigin.test(origin)) return true
  if (!URL.canParse(origin)) return false
  const { protocol, hostname, origin: canonical } = new URL(origin)
  if (canonical !== origin) return false
  // Names that never leave the machine (RFC 6761, section 6.3): browsers take their pages for secure ones.
  const isLocal = protocol === 'http:' && (hostname === 'localhost' || hostname.endsWith('.localhost'))
  return (protocol === 'https:' || isLocal) && (hostname === rpId || hostname.endsWith(`.${rpId}`))
}
