// What browsers and verifiers read of a Region: OpenID Connect's documents, what a token's user is like, and the pages' images, as one hono app.
import { type Context, Hono } from 'hono'
import type { Runtime } from '../directory/runtime.ts'
import { discoveryOf, type IssuerForm, jwksOf } from './discovery.ts'
import { oauthErrorBody, oauthErrorOf, serverError } from './oauth-error.ts'
import { addUiImages } from './ui-images.ts'
import { addUserInfo } from './user-info.ts'

const documentHeaders = { 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' }

const noStoreHeaders = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' }

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

export const createOauthApp = (runtime: Runtime): Hono => {
  const app = new Hono()
  addUiImages(app, runtime)
  addUserInfo(app, runtime)
  addDocuments(app, runtime)

  app.onError((error, context) => {
    const known = oauthErrorOf(error)
    if (known === undefined)
      runtime.log.error({ err: error, path: context.req.path }, 'an OAuth request failed')
    const refusal = known ?? serverError()
    return context.json(oauthErrorBody(refusal), refusal.status, noStoreHeaders)
  })
  return app
}
