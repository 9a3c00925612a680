// What a request is about, read from its head and body: the one question that decides which Region gets it.

export type Subject =
  /** Names its Region itself: a signature's scope, or a Regional host name. */
  | { readonly kind: 'region'; readonly region: string }
  | { readonly kind: 'pool' | 'client' | 'domain'; readonly value: string; readonly preferredRegion?: string }
  /** Keys and discovery of a pool under the issuer that all its Regions share. */
  | { readonly kind: 'issuer'; readonly poolId: string; readonly path: string }
  /** Nothing in it names a pool: every Region gives the same answer. */
  | { readonly kind: 'any' }

export type RequestHead = {
  readonly method: string
  /** Path and query as received. */
  readonly url: string
  readonly host: string | undefined
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly target: string | undefined
}

const nameLengthMax = 256

const algorithm = 'AWS4-HMAC-SHA256'
/** An access key's ID has at most 128 characters, a Region's name some twenty. */
const scopeInHeader = /^Credential=[^/\s]{1,256}\/\d{8}\/([^/\s,]{1,64})\//
const scopeInQuery = /^[^/]+\/\d{8}\/([^/]+)\//
const poolInPath = /^\/([\w-]+_[0-9A-Za-z]+)\//
const issuerPath = /^\/([\w-]+_[0-9A-Za-z]+)(\/\.well-known\/[^?]*)(\?.*)?$/
const poolIdOfIssuer = /\/([\w-]+_[0-9A-Za-z]+)$/

/** The Region that the SigV4 scope names (AWS General Reference, "Create a signed AWS API request"); undefined when it isn't signed. */
export const signedRegion = (head: RequestHead): string | undefined => {
  const { authorization = '' } = head
  const start = authorization.startsWith(algorithm) ? authorization.indexOf('Credential=') : -1
  const inHeader = start < 0 ? undefined : scopeInHeader.exec(authorization.slice(start))?.[1]
  if (inHeader !== undefined) return inHeader
  const credential = queryOf(head).get('X-Amz-Credential')
  return credential === null ? undefined : scopeInQuery.exec(credential)?.[1]
}

const queryOf = (head: RequestHead): URLSearchParams => {
  const start = head.url.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : head.url.slice(start))
}

/** Names under the base domain, in the order in which they are matched: `<issuer>`, `<domain>.auth.<region>`, `<service>.<region>`. */
const virtualHosts: readonly {
  readonly pattern: RegExp
  readonly subject: (match: RegExpExecArray, head: RequestHead) => Subject | undefined
}[] = [
  { pattern: /^issuer-cognito-idp\.[^.]+$/, subject: (_, head) => issuerSubject(head) ?? { kind: 'any' } },
  {
    pattern: /^([^.]+)\.auth\.([^.]+)$/,
    subject: ([, value = '', preferredRegion = '']) => ({ kind: 'domain', value, preferredRegion }),
  },
  { pattern: /^[^.]+\.([^.]+)$/, subject: ([, region = '']) => ({ kind: 'region', region }) },
]

const subjectOfHost = (head: RequestHead, baseDomain: string | undefined): Subject | undefined => {
  if (baseDomain === undefined || head.host === undefined) return undefined
  const host = head.host.replace(/:\d+$/, '').toLowerCase()
  const suffix = `.${baseDomain.toLowerCase()}`
  if (!host.endsWith(suffix)) return undefined
  const name = host.slice(0, -suffix.length)
  for (const { pattern, subject } of virtualHosts) {
    const match = pattern.exec(name)
    if (match !== null) return subject(match, head)
  }
  return undefined
}

const issuerSubject = (head: RequestHead): Subject | undefined => {
  const match = issuerPath.exec(head.url)
  if (match === null) return undefined
  const [, poolId = '', document = '', query = ''] = match
  return { kind: 'issuer', poolId, path: `/_issuer/${poolId}${document}${query}` }
}

const named = (kind: 'pool' | 'client', value: unknown): Subject | undefined =>
  typeof value === 'string' && value.length > 0 && value.length <= nameLengthMax ? { kind, value } : undefined

/** The pool whose issuer a token names. Not verified here: the Region that gets the request verifies it. */
const poolOfToken = (token: unknown): Subject | undefined => {
  if (typeof token !== 'string') return undefined
  try {
    const payload = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    ) as unknown
    if (typeof payload !== 'object' || payload === null || !('iss' in payload)) return undefined
    return named('pool', poolIdOfIssuer.exec(String(payload.iss))?.[1])
  } catch {
    // Not a JWT: whichever Region gets the request says so.
    return undefined
  }
}

/** The pool that a sign-in's Session names in the clear: `poolId/clientId` after its length in a byte. */
const poolOfSession = (session: unknown): Subject | undefined => {
  if (typeof session !== 'string') return undefined
  const bytes = Buffer.from(session, 'base64')
  return named('pool', bytes.toString('latin1', 1, 1 + (bytes[0] ?? 0)).split('/')[0])
}

const subjectOfJson = (body: Buffer): Subject | undefined => {
  let input: unknown
  try {
    input = JSON.parse(body.toString('utf8'))
  } catch {
    // Whichever Region gets it answers SerializationException.
    return undefined
  }
  if (typeof input !== 'object' || input === null) return undefined
  const members: Record<string, unknown> = { ...input }
  return (
    named('client', members.ClientId) ??
    poolOfToken(members.AccessToken) ??
    named('pool', members.UserPoolId) ??
    poolOfSession(members.Session)
  )
}

/** The client that authenticates with HTTP Basic (RFC 6749, section 2.3.1: both halves are form-encoded). */
const clientOfBasic = (authorization: string | undefined): Subject | undefined => {
  const encoded = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [clientId = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return named('client', new URLSearchParams(`id=${clientId}`).get('id'))
}

const subjectOfOauth = (head: RequestHead, body: Buffer): Subject | undefined => {
  const isForm = head.contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false
  const bearer = /^Bearer\s+(\S+)$/i.exec(head.authorization ?? '')?.[1]
  return (
    clientOfBasic(head.authorization) ??
    (isForm
      ? named('client', new URLSearchParams(body.toString('utf8')).get('client_id') ?? undefined)
      : undefined) ??
    named('client', queryOf(head).get('client_id') ?? undefined) ??
    poolOfToken(bearer)
  )
}

/** Whether the body must be read first: to find the pool in it, or to be able to send it to a second Region. */
export const needsBody = (head: RequestHead, baseDomain: string | undefined): boolean =>
  head.method !== 'GET' && head.method !== 'HEAD' && subjectOfHead(head, baseDomain)?.kind !== 'region'

/** What head and host alone say; undefined when only the body (or nothing) can tell. */
const subjectOfHead = (head: RequestHead, baseDomain: string | undefined): Subject | undefined => {
  const ofHost = subjectOfHost(head, baseDomain)
  if (ofHost !== undefined) return ofHost
  const region = signedRegion(head)
  if (region !== undefined) return { kind: 'region', region }
  return head.method === 'GET' || head.method === 'HEAD'
    ? (issuerSubject(head) ?? named('pool', poolInPath.exec(head.url)?.[1]))
    : undefined
}

/** What the request is about. `body` is empty unless `needsBody` said so. */
export const subjectOf = (head: RequestHead, body: Buffer, baseDomain: string | undefined): Subject =>
  subjectOfHead(head, baseDomain) ??
  (head.target === undefined ? subjectOfOauth(head, body) : subjectOfJson(body)) ?? { kind: 'any' }
