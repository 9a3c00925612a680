// The endpoints to which clients send forms, the token and the revocation endpoint, straight over node:http: machines call them all day.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Runtime } from '../directory/runtime.ts'
import { revokeRefreshToken } from '../signin/revoke-refresh-token.ts'
import type { ClientAddress } from '../wire/client-address.ts'
import { isFault } from '../wire/fault.ts'
import { readBody } from '../wire/request-body.ts'
import { type ClientRequest, readClientRequest } from './client-request.ts'
import { grants } from './grants.ts'
import { OauthError, oauthErrorBody, oauthErrorOf, serverError } from './oauth-error.ts'

const bodyBytesMax = 64 * 1024

/** RFC 6749 section 5.1: nobody keeps an answer that holds tokens. */
const tokenHeaders = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'access-control-allow-origin': '*',
}

type Endpoint = {
  /** What is answered as JSON; undefined for an empty answer. */
  answer(request: ClientRequest, runtime: Runtime): Promise<unknown>
  /** Developer guide, "The token revocation endpoint": a wrong client is 401 there, and 400 at the token endpoint. */
  readonly wrongClientStatus: 400 | 401
}

const token: Endpoint = {
  wrongClientStatus: 400,
  answer: (request, runtime) => {
    const grantType = request.form.get('grant_type') ?? ''
    if (grantType === '') throw new OauthError('invalid_request')
    const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined
    if (grant === undefined) throw new OauthError('unsupported_grant_type')
    return grant(request, runtime)
  },
}

const isJws = (token: string): boolean => token.split('.').length === 3

const revoke: Endpoint = {
  wrongClientStatus: 401,
  answer: async ({ form, client, pool }, runtime) => {
    const given = form.get('token') ?? ''
    if (given === '') throw new OauthError('invalid_request')
    try {
      await revokeRefreshToken(pool, client, given, runtime)
    } catch (error) {
      // RFC 7009 section 2.2: what isn't a token at all needs no revoking. An access or ID token, a JWS, is one of another type.
      const isNoToken = isFault(error) && error.code === 'UnsupportedTokenTypeException' && !isJws(given)
      if (!isNoToken) throw error
    }
  },
}

const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['/oauth2/token', token],
  ['/oauth2/revoke', revoke],
])

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

const refusalOf = (error: unknown, { wrongClientStatus }: Endpoint): OauthError | undefined => {
  if (isFault(error) && error.status === 413) return new OauthError('invalid_request', { status: 413 })
  const known = oauthErrorOf(error)
  return known?.code === 'invalid_client'
    ? new OauthError('invalid_client', { status: wrongClientStatus })
    : known
}

const send = (
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  status: number,
  content: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  if (response.destroyed) return
  const body = content === undefined ? '' : JSON.stringify(content)
  response.writeHead(status, {
    ...tokenHeaders,
    ...(content === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(body),
    // What was not read of a refused body must not be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
    ...headers,
  })
  response.end(body)
}

export type FormEndpoints = {
  /** Whether a request for this URL is for `handle`. */
  has(url: string): boolean
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
}

export const createFormEndpoints = (runtime: Runtime, clientAddress: ClientAddress): FormEndpoints => ({
  has: (url) => endpoints.has(pathOf(url)),
  handle: async (request, response) => {
    const path = pathOf(request.url ?? '')
    const endpoint = endpoints.get(path)
    if (endpoint === undefined) throw new TypeError('the URL is no form endpoint')
    const exchange = { request, response }
    if (request.method !== 'POST') {
      send(exchange, 405, { error: 'invalid_request' }, { allow: 'POST' })
      return
    }
    try {
      const body = await readBody(request, bodyBytesMax)
      const { 'content-type': contentType, authorization, host } = request.headers
      const sourceIp = clientAddress.of(request)
      const read = { contentType, authorization, host, body: body.toString('utf8'), sourceIp }
      send(exchange, 200, await endpoint.answer(await readClientRequest(read, runtime), runtime))
    } catch (error) {
      const refusal = refusalOf(error, endpoint)
      if (refusal === undefined) runtime.log.error({ err: error, path }, 'an OAuth request failed')
      const shown = refusal ?? serverError()
      send(exchange, shown.status, oauthErrorBody(shown))
    }
  },
})
