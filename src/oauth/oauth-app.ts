// The OAuth 2.0 and OpenID Connect endpoints of a Region, as one hono app.
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Runtime } from '../directory/runtime.ts'
import { revokeRefreshToken } from '../signin/revoke-refresh-token.ts'
import { type ClientRequest, readClientRequest } from './client-request.ts'
import { discoveryOf, type IssuerForm, jwksOf } from './discovery.ts'
import { grants } from './grants.ts'
import { OauthError, oauthErrorOf } from './oauth-error.ts'
import { addUiImages } from './ui-images.ts'

const bodyBytesMax = 64 * 1024

/** RFC 6749 section 5.1: nobody keeps an answer that holds tokens. */
const tokenHeaders = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'access-control-allow-origin': '*',
}
const documentHeaders = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }

const poolPath = ':poolId{[a-z0-9-]+_[0-9A-Za-z]+}/.well-known'

/** Under a base domain the shared issuer has a host name of its own; else the router asks under /_issuer. */
const formOf = (context: Context, { endpoints }: Runtime): IssuerForm => {
  const host = (context.req.header('host') ?? '').replace(/:\d+$/, '').toLowerCase()
  const isIssuerHost =
    endpoints.baseDomain !== undefined &&
    host.startsWith('issuer-cognito-idp.') &&
    host.endsWith(`.${endpoints.baseDomain.toLowerCase()}`)
  return isIssuerHost ? 'UPDATED' : 'ORIGINAL'
}

const addDocuments = (app: Hono, runtime: Runtime): void => {
  const documents = { 'jwks.json': jwksOf, 'openid-configuration': discoveryOf }
  for (const [name, read] of Object.entries(documents)) {
    const serve = (prefix: string, form: (context: Context) => IssuerForm): void => {
      app.get(`${prefix}${poolPath}/${name}`, async (context) => {
        const document = await read(context.req.param('poolId') ?? '', form(context), runtime)
        if (document === undefined) return context.json({ message: 'There is no such user pool here.' }, 404)
        return context.json(document, 200, documentHeaders)
      })
    }
    serve('/', (context) => formOf(context, runtime))
    serve('/_issuer/', () => 'UPDATED')
  }
}

/** Reads a request's form and client. */
const clientRequest = async (context: Context, runtime: Runtime): Promise<ClientRequest> =>
  readClientRequest(
    {
      contentType: context.req.header('content-type'),
      authorization: context.req.header('authorization'),
      host: context.req.header('host'),
      body: await context.req.text(),
    },
    runtime,
  )

const grantOf = (grantType: string | null): (typeof grants)[string] => {
  if (grantType === null || grantType === '') throw new OauthError('invalid_request')
  const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined
  if (grant === undefined) throw new OauthError('unsupported_grant_type')
  return grant
}

/** Developer guide, "The token revocation endpoint": a wrong client is 401 here, and 400 at the token endpoint. */
const asRevocationError = (error: unknown): unknown =>
  error instanceof OauthError && error.code === 'invalid_client'
    ? new OauthError('invalid_client', { status: 401 })
    : error

/**
 * A declared length is the parser's to keep, so such a body needs no counting stream, which would cost as much as the rest of the request.
 * One without is counted.
 */
const limitedBody = (): MiddlewareHandler => {
  const refuse = (context: Context) => context.json({ error: 'invalid_request' }, 413, tokenHeaders)
  const counted = bodyLimit({ maxSize: bodyBytesMax, onError: refuse })
  return (context, next) => {
    const length = context.req.header('content-length')
    if (length === undefined) return counted(context, next)
    return Number(length) > bodyBytesMax ? Promise.resolve(refuse(context)) : next()
  }
}

export const createOauthApp = (runtime: Runtime): Hono => {
  const app = new Hono()
  const limit = limitedBody()

  app.post('/oauth2/token', limit, async (context) => {
    const request = await clientRequest(context, runtime)
    const grant = grantOf(request.form.get('grant_type'))
    return context.json(await grant(request, runtime), 200, tokenHeaders)
  })

  app.post('/oauth2/revoke', limit, async (context) => {
    try {
      const { form, client, pool } = await clientRequest(context, runtime)
      const token = form.get('token')
      if (token === null || token === '') throw new OauthError('invalid_request')
      await revokeRefreshToken(pool, client, token, runtime)
    } catch (error) {
      throw asRevocationError(error)
    }
    return context.body(null, 200, tokenHeaders)
  })

  for (const path of ['/oauth2/token', '/oauth2/revoke'])
    app.all(path, (context) =>
      context.json({ error: 'invalid_request' }, 405, { ...tokenHeaders, allow: 'POST' }),
    )

  addUiImages(app, runtime)
  addDocuments(app, runtime)

  app.onError((error, context) => {
    const known = oauthErrorOf(error)
    if (known === undefined)
      runtime.log.error({ err: error, path: context.req.path }, 'an OAuth request failed')
    const { code, description, status } = known ?? new OauthError('server_error', { status: 500 })
    const body = { error: code, ...(description === undefined ? {} : { error_description: description }) }
    return context.json(body, status, tokenHeaders)
  })
  return app
}
