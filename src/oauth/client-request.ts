// A form that a client sends to the token or revoke endpoint: what it says, who sends it, and the pool that the client is of.
import { mayRunOn, poolScope, registeredPool } from '../directory/gate.ts'
import { notEnabledOn, type PoolScope } from '../directory/operation.ts'
import { poolOfClient } from '../directory/pool-of-client.ts'
import { type AppClient, appClients } from '../directory/records/app-client.ts'
import { userPoolDomains } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { isSecretOf } from '../signin/client-secret.ts'
import { OauthError } from './oauth-error.ts'

export type ClientRequest = {
  readonly form: URLSearchParams
  readonly client: AppClient
  readonly pool: PoolScope<'regional'>
  /** Where the request comes from. */
  readonly sourceIp: string
}

export type ReceivedForm = {
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly host: string | undefined
  readonly body: string
  readonly sourceIp: string
}

type Credentials = { readonly clientId: string; readonly secret: string | undefined }

const idCharactersMax = 128

/** RFC 6749 section 2.3.1: both halves of HTTP Basic are form-encoded. A plus sign is taken as itself, because few clients encode. */
const formDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const basicCredentials = (authorization: string): Credentials => {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization)?.[1]
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 1) throw new OauthError('invalid_client')
  const secret = formDecoded(decoded.slice(colon + 1))
  return { clientId: formDecoded(decoded.slice(0, colon)), secret: secret === '' ? undefined : secret }
}

/** A client authenticates in one way only (RFC 6749 section 2.3). */
const credentialsOf = (form: URLSearchParams, authorization: string | undefined): Credentials => {
  const clientId = form.get('client_id') ?? undefined
  const secret = form.get('client_secret') ?? undefined
  if (authorization === undefined) {
    if (clientId === undefined) throw new OauthError('invalid_request')
    return { clientId, secret }
  }
  const basic = basicCredentials(authorization)
  if (secret !== undefined) throw new OauthError('invalid_request')
  if (clientId !== undefined && clientId !== basic.clientId) throw new OauthError('invalid_client')
  return basic
}

/** `<domain>.auth.<region>.<base>`, as the request's Host names it; undefined for any other host. */
const domainOfHost = (
  host: string | undefined,
  { endpoints, region }: Pick<Runtime, 'endpoints' | 'region'>,
): string | undefined => {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase()
  const suffix = `.auth.${region}.${endpoints.baseDomain ?? 'localhost'}`
  const domain = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
  return domain === '' || domain.includes('.') ? undefined : domain
}

/**
 * Reads the form and finds and authenticates its client, in a pool that this Region serves. Throws OauthError, or a Fault of the gate
 * or the vault.
 */
export const readClientRequest = async (received: ReceivedForm, runtime: Runtime): Promise<ClientRequest> => {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(received.contentType ?? ''))
    throw new OauthError('invalid_request')
  const form = new URLSearchParams(received.body)
  const { clientId, secret } = credentialsOf(form, received.authorization)
  if (clientId.length > idCharactersMax) throw new OauthError('invalid_client')
  const poolId = await poolOfClient(clientId, runtime.vault)
  if (poolId === undefined) throw new OauthError('invalid_client')
  const domain = domainOfHost(received.host, runtime)
  if (domain !== undefined) {
    const pools = await runtime.vault.findPools(userPoolDomains, 'domain', domain)
    if (!pools.includes(poolId)) throw new OauthError('invalid_client')
  }
  const registered = await registeredPool(poolId, runtime)
  if (!mayRunOn(registered, 'active')) throw notEnabledOn(registered, 'The token endpoint')
  const pool = poolScope(registered, runtime, 'The token endpoint') as PoolScope<'regional'>
  const stored = await pool.records.get(appClients, clientId)
  if (stored === undefined || !isSecretOf(stored.value, secret)) throw new OauthError('invalid_client')
  return { form, client: stored.value, pool, sourceIp: received.sourceIp }
}
