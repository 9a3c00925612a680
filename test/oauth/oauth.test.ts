// The token and revoke endpoints, keys and discovery, through oauth4webapi and plain HTTP against a real listener.
import { request } from 'node:http'
import {
  AddUserPoolClientSecretCommand,
  CreateResourceServerCommand,
  type CreateUserPoolClientRequest,
  CreateUserPoolDomainCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { JwtRsaVerifier } from 'aws-jwt-verify'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEndpoints } from '../../src/directory/endpoints.ts'
import { createOauthApp } from '../../src/oauth/oauth-app.ts'
import { startSigninRegion } from '../support/signin-region.ts'
import { password, stepsOf } from '../support/signin-steps.ts'

const region = await startSigninRegion()
const { makePool, makeClient, makeUser, signIn } = stepsOf(region)
afterAll(() => region.close())

const machine = {
  GenerateSecret: true,
  AllowedOAuthFlows: ['client_credentials'],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthScopes: ['orders/read', 'orders/write'],
} satisfies Partial<CreateUserPoolClientRequest>

/** A pool with a resource server, and a machine's client in it. */
const makeMachine = async (
  pool: Parameters<typeof makePool>[0] = {},
  settings: Partial<CreateUserPoolClientRequest> = {},
) => {
  const { poolId, ...plain } = await makePool(pool)
  await region.client.send(
    new CreateResourceServerCommand({
      UserPoolId: poolId,
      Identifier: 'orders',
      Name: 'orders',
      Scopes: ['read', 'write', 'delete'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName })),
    }),
  )
  const client = await makeClient(poolId, { ...machine, ...settings })
  return { poolId, plain, clientId: client.ClientId ?? '', secret: client.ClientSecret ?? '' }
}

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${region.origin}${path}`, { method: 'POST', body: new URLSearchParams(form), headers })
const basic = (clientId: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
})
const grant = { grant_type: 'client_credentials' }

let poolId = ''
let clientId = ''
let secret = ''
beforeAll(async () => {
  ;({ poolId, clientId, secret } = await makeMachine())
})

describe('client_credentials', () => {
  it('works from discovery to a verified token with oauth4webapi, by Basic and by body', async () => {
    const issuer = new URL(`${region.origin}/${poolId}`)
    const insecure = { [oauth.allowInsecureRequests]: true }
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, insecure),
    )
    const verifier = JwtRsaVerifier.create({
      issuer: server.issuer,
      audience: null,
      jwksUri: server.jwks_uri ?? '',
    })
    verifier.cacheJwks((await (await fetch(server.jwks_uri ?? '')).json()) as { keys: never[] })
    const client = { client_id: clientId }
    for (const authentication of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        { scope: 'orders/read' },
        insecure,
      )
      expect(response.headers.get('cache-control')).toBe('no-store')
      const answer = await oauth.processClientCredentialsResponse(server, client, response)
      expect(answer).toMatchObject({ expires_in: 3600, token_type: 'bearer' })
      const claims = await verifier.verify(answer.access_token)
      expect(claims).toEqual({
        sub: clientId,
        token_use: 'access',
        scope: 'orders/read',
        auth_time: claims.iat,
        iss: issuer.href,
        exp: Number(claims.iat) + 3600,
        iat: expect.any(Number),
        version: 2,
        jti: expect.any(String),
        client_id: clientId,
      })
    }
  })

  it('gives all allowed scopes when none is asked for, and takes any of the secrets', async () => {
    const own = await makeMachine()
    const added = await region.client.send(
      new AddUserPoolClientSecretCommand({ UserPoolId: own.poolId, ClientId: own.clientId }),
    )
    for (const good of [own.secret, added.ClientSecretDescriptor?.ClientSecretValue ?? '']) {
      const response = await post('/oauth2/token', grant, basic(own.clientId, good))
      expect(response.status).toBe(200)
      const { access_token: token } = (await response.json()) as { access_token: string }
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        scope: string
      }
      expect(claims.scope).toBe('orders/read orders/write')
    }
  })

  it('is refused with the error of each mistake', async () => {
    const user = await makeClient(poolId, {
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      GenerateSecret: true,
    })
    const coded = await makeClient(poolId, {
      GenerateSecret: true,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid'],
      CallbackURLs: ['https://example.com'],
      SupportedIdentityProviders: ['COGNITO'],
    })
    const good = basic(clientId, secret)
    const mistakes: readonly (readonly [string, Record<string, string>, Record<string, string>])[] = [
      ['invalid_client', grant, basic(clientId, 'wrong')],
      ['invalid_client', grant, basic(clientId, '')],
      ['invalid_client', grant, basic('unknown', secret)],
      ['invalid_client', grant, { authorization: 'Basic !!' }],
      ['invalid_client', { ...grant, client_id: clientId }, {}],
      ['invalid_client', { ...grant, client_id: 'another' }, good],
      ['invalid_request', { ...grant, client_secret: secret }, good],
      ['invalid_request', grant, {}],
      ['invalid_request', {}, good],
      ['invalid_request', grant, { ...good, 'content-type': 'application/json' }],
      ['invalid_request', { grant_type: 'refresh_token' }, good],
      ['invalid_grant', { grant_type: 'refresh_token', refresh_token: 'x' }, good],
      ['unsupported_grant_type', { grant_type: 'password' }, good],
      ['unsupported_grant_type', { grant_type: 'constructor' }, good],
      ['invalid_grant', grant, basic(user.ClientId ?? '', user.ClientSecret ?? '')],
      ['unauthorized_client', grant, basic(coded.ClientId ?? '', coded.ClientSecret ?? '')],
      ['invalid_scope', { ...grant, scope: 'orders/read orders/delete' }, good],
      ['invalid_scope', { ...grant, scope: 'openid' }, good],
    ]
    for (const [error, form, headers] of mistakes) {
      const response = await post('/oauth2/token', form, headers)
      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error })])
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('takes neither another method nor a body over 64 KiB', async () => {
    expect((await fetch(`${region.origin}/oauth2/token`)).status).toBe(405)
    const form = `grant_type=client_credentials&scope=${'x'.repeat(65 * 1024)}`
    const headers = { ...basic(clientId, secret), 'content-type': 'application/x-www-form-urlencoded' }
    for (const body of [form, new Blob([form]).stream()]) {
      const sent: RequestInit = { method: 'POST', body, headers, duplex: 'half' }
      expect((await fetch(`${region.origin}/oauth2/token`, sent)).status).toBe(413)
    }
  })

  it('is served by a secondary only while it is ACTIVE', async () => {
    const own = await makeMachine()
    const ask = () => post('/oauth2/token', grant, basic(own.clientId, own.secret))
    await region.register(own.poolId, { role: 'SECONDARY', status: 'INACTIVE', primaryRegion: 'us-west-2' })
    const refused = await ask()
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'temporarily_unavailable', error_description: expect.stringContaining('us-west-2') },
    ])
    await region.register(own.poolId, { status: 'ACTIVE' })
    expect((await ask()).status).toBe(200)
  })

  it("at a prefix domain is for the clients of the domain's pool only", async () => {
    const own = await makeMachine()
    await region.client.send(
      new CreateUserPoolDomainCommand({ UserPoolId: own.poolId, Domain: 'orders-app' }),
    )
    const at = (host: string, id: string, own: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(
          `${region.origin}/oauth2/token`,
          {
            method: 'POST',
            headers: { ...basic(id, own), host, 'content-type': 'application/x-www-form-urlencoded' },
          },
          (response) => {
            response.resume()
            resolve(response.statusCode)
          },
        )
        sent.on('error', reject)
        sent.end('grant_type=client_credentials')
      })
    expect(await at('orders-app.auth.us-east-1.localhost', own.clientId, own.secret)).toBe(200)
    expect(await at('orders-app.auth.us-east-1.localhost', clientId, secret)).toBe(400)
    expect(await at('nobodys.auth.us-east-1.localhost', own.clientId, own.secret)).toBe(400)
  })
})

describe('refresh_token and revoke', () => {
  it('refresh what a sign-in gave, until it is revoked', async () => {
    const own = await makePool()
    await makeUser(own.poolId, 'ana')
    const tokens = (await signIn(own.clientId, 'ana', password)).AuthenticationResult
    const form = { client_id: own.clientId, refresh_token: tokens?.RefreshToken ?? '' }
    const ask = () => post('/oauth2/token', { ...form, grant_type: 'refresh_token' })
    const refreshed = (await (await ask()).json()) as Record<string, unknown>
    expect(Object.keys(refreshed).sort()).toEqual(['access_token', 'expires_in', 'id_token', 'token_type'])

    const revoke = (token: string, id = own.clientId) => post('/oauth2/revoke', { token, client_id: id })
    const accessToken = await revoke(tokens?.AccessToken ?? '')
    expect([accessToken.status, await accessToken.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'unsupported_token_type' }),
    ])
    expect((await revoke('')).status).toBe(400)
    expect((await revoke('no token at all')).status).toBe(200)
    expect((await revoke(form.refresh_token, 'unknown')).status).toBe(401)
    const revoked = await revoke(form.refresh_token)
    expect([revoked.status, await revoked.text()]).toEqual([200, ''])
    const refused = await ask()
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_grant' }),
    ])
    await expect(
      region.client.send(
        new InitiateAuthCommand({
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          ClientId: own.clientId,
          AuthParameters: { REFRESH_TOKEN: form.refresh_token },
        }),
      ),
    ).rejects.toMatchObject({ name: 'NotAuthorizedException' })
  })
})

describe('keys and discovery', () => {
  const read = async (path: string) => {
    const response = await fetch(`${region.origin}${path}`)
    return [response.status, await response.json()] as const
  }

  it('agree with the issuer of tokens byte for byte, on either issuer type', async () => {
    const shared = await makeMachine({ IssuerConfiguration: { Type: 'UPDATED' } })
    const issuer = `http://127.0.0.1:9228/${shared.poolId}`
    const [status, document] = await read(`/_issuer/${shared.poolId}/.well-known/openid-configuration`)
    expect(status).toBe(200)
    expect(document).toMatchObject({
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      token_endpoint: 'http://127.0.0.1:9228/oauth2/token',
    })
    const response = await post('/oauth2/token', grant, basic(shared.clientId, shared.secret))
    const { access_token: token } = (await response.json()) as { access_token: string }
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      iss: string
    }
    expect(claims.iss).toBe(issuer)
    expect(await read(`/_issuer/${shared.poolId}/.well-known/jwks.json`)).toEqual(
      await read(`/${shared.poolId}/.well-known/jwks.json`),
    )
  })

  it('under the shared issuer answer 403 for a pool on the original one, and 404 for no pool', async () => {
    for (const name of ['jwks.json', 'openid-configuration']) {
      expect((await read(`/_issuer/${poolId}/.well-known/${name}`))[0]).toBe(403)
      expect((await read(`/us-east-1_nothing/.well-known/${name}`))[0]).toBe(404)
    }
  })

  it('have two RSA keys and nothing private', async () => {
    const [, { keys }] = (await read(`/${poolId}/.well-known/jwks.json`)) as [number, { keys: object[] }]
    expect(keys.map((key) => Object.keys(key).sort())).toEqual(
      [1, 2].map(() => ['alg', 'e', 'kid', 'kty', 'n', 'use']),
    )
  })

  it("can be read while the pool's key can't be used, and tokens can't be had then", async () => {
    const keyArn = region.keyService.addKey()
    const own = await makeMachine({
      KeyConfiguration: { KeyType: 'CUSTOMER_MANAGED_KEY', KmsKeyArn: keyArn },
    })
    region.keyService.failWith(keyArn, 'DisabledException')
    region.runtime.vault.forget(own.poolId)
    expect((await read(`/${own.poolId}/.well-known/jwks.json`))[0]).toBe(200)
    expect((await read(`/${own.poolId}/.well-known/openid-configuration`))[0]).toBe(200)
    const response = await post('/oauth2/token', grant, basic(own.clientId, own.secret))
    expect(response.status).toBeGreaterThanOrEqual(400)
  })

  it('under a base domain are told apart by the host', async () => {
    const shared = await makeMachine({ IssuerConfiguration: { Type: 'UPDATED' } })
    const app = createOauthApp({
      ...region.runtime,
      endpoints: createEndpoints({
        region: 'us-east-1',
        account: '000000000000',
        regionOrigin: 'https://cognito-idp.us-east-1.example.test',
        routerOrigin: 'https://example.test',
        baseDomain: 'example.test',
        scheme: 'https',
        portSuffix: '',
      }),
    })
    const issuerAt = async (host: string, id: string) => {
      const response = await app.request(`/${id}/.well-known/openid-configuration`, { headers: { host } })
      return [response.status, ((await response.json()) as { issuer?: string }).issuer]
    }
    const updated = 'issuer-cognito-idp.us-east-1.example.test'
    const original = 'cognito-idp.us-east-1.example.test'
    expect(await issuerAt(updated, shared.poolId)).toEqual([200, `https://${updated}/${shared.poolId}`])
    expect(await issuerAt(original, shared.poolId)).toEqual([200, `https://${original}/${shared.poolId}`])
    expect((await issuerAt(updated, poolId))[0]).toBe(403)
  })
})
