// The userInfo endpoint, with tokens to which the pool's function gave the scopes that sign-in pages would.
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminResetUserPasswordCommand,
  AdminUpdateUserAttributesCommand,
  CreateUserPoolClientCommand,
  GlobalSignOutCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { startRegions } from '../support/regions.ts'
import { makeTriggerPool, makeUser, signIn, type TriggerPool } from '../support/trigger-pool.ts'

let lambda: LambdaEndpoint
let regions: Awaited<ReturnType<typeof startRegions>>
let pool: TriggerPool
let scopesToAdd: string[] = []
const cognito = () => regions.cognito('us-east-1')

const profile = { name: 'Ana Lovelace', updated_at: '1795470294', 'custom:tier': 'gold' }
const email = { email: 'ana@example.com', email_verified: 'true' }
const phone = { phone_number: '+15550104333', phone_number_verified: 'true' }

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions(['us-east-1'], { lambda: { endpoint: lambda.origin } })
  lambda.define('Tokens', (event) => ({
    ...event,
    response: { claimsAndScopeOverrideDetails: { accessTokenGeneration: { scopesToAdd } } },
  }))
  pool = await makeTriggerPool(
    cognito(),
    { PreTokenGenerationConfig: { LambdaArn: functionArn('Tokens'), LambdaVersion: 'V2_0' } },
    { Schema: [{ Name: 'tier', AttributeDataType: 'String', Mutable: true }] },
  )
  await makeUser(cognito(), pool, 'ana')
  const given = { ...profile, ...phone, address: 'Main St. 1' }
  await cognito().send(
    new AdminUpdateUserAttributesCommand({
      UserPoolId: pool.poolId,
      Username: 'ana',
      UserAttributes: Object.entries(given).map(([Name, Value]) => ({ Name, Value })),
    }),
  )
})
afterAll(async () => {
  await regions.close()
  await lambda.close()
})

const userInfo = (authorization?: string, method = 'GET') =>
  fetch(`${regions.origins['us-east-1']}/oauth2/userInfo`, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  })
const tokensFor = async (scopes: string[], { name = 'ana', of = pool } = {}) => {
  scopesToAdd = scopes
  return (await signIn(cognito(), of, name)).AuthenticationResult
}
const tokenFor = async (...scopes: string[]): Promise<string> => (await tokensFor(scopes))?.AccessToken ?? ''

it.each([
  [['openid'], { ...email, ...phone, ...profile, address: 'Main St. 1' }],
  [['openid', 'email'], email],
  [['openid', 'phone'], phone],
  [['openid', 'profile'], profile],
  [['openid', 'email', 'profile'], { ...email, ...profile }],
])('a token with %j shows what these scopes stand for, as texts', async (scopes, expected) => {
  const token = await tokenFor(...scopes)
  for (const method of ['GET', 'POST']) {
    const answer = await userInfo(`Bearer ${token}`, method)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(await answer.json()).toEqual({ sub: expect.any(String), username: 'ana', ...expected })
  }
})

it('an OpenID client finds the endpoint by discovery, and gets what the app client may read', async () => {
  const { UserPoolClient } = await cognito().send(
    new CreateUserPoolClientCommand({
      UserPoolId: pool.poolId,
      ClientName: 'reads names',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
      ReadAttributes: ['name'],
    }),
  )
  const clientId = UserPoolClient?.ClientId ?? ''
  const tokens = await tokensFor(['openid'], { of: { ...pool, clientId } })
  const issuer = new URL(`${regions.origins['us-east-1']}/${pool.poolId}`)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  const client = { client_id: clientId }
  const answer = await oauth.userInfoRequest(server, client, tokens?.AccessToken ?? '', insecure)
  expect(await oauth.processUserInfoResponse(server, client, oauth.skipSubjectCheck, answer)).toEqual({
    sub: expect.any(String),
    username: 'ana',
    name: 'Ana Lovelace',
  })
})

it('a token without openid, of another kind, forged, or of a user who may no longer be seen is refused', async () => {
  const withdrawn = {
    signedOut: (_: string, AccessToken: string) => cognito().send(new GlobalSignOutCommand({ AccessToken })),
    disabled: (Username: string) =>
      cognito().send(new AdminDisableUserCommand({ UserPoolId: pool.poolId, Username })),
    reset: (Username: string) =>
      cognito().send(new AdminResetUserPasswordCommand({ UserPoolId: pool.poolId, Username })),
    deleted: (Username: string) =>
      cognito().send(new AdminDeleteUserCommand({ UserPoolId: pool.poolId, Username })),
  }
  const tokens: string[] = []
  for (const [name, withdraw] of Object.entries(withdrawn)) {
    await makeUser(cognito(), pool, name)
    const token = (await tokensFor(['openid'], { name }))?.AccessToken ?? ''
    expect((await userInfo(`Bearer ${token}`)).status).toBe(200)
    await withdraw(name, token)
    tokens.push(token)
  }
  const good = await tokensFor(['openid'])
  const narrow = await userInfo(`Bearer ${await tokenFor('email')}`)
  expect([narrow.status, await narrow.json()]).toEqual([
    401,
    { error: 'invalid_token', error_description: 'Access token does not contain openid scope' },
  ])
  tokens.push('abc', good?.IdToken ?? '', `${good?.AccessToken?.slice(0, -8)}AAAAAAAA`)
  for (const token of tokens) {
    const answer = await userInfo(`Bearer ${token}`)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'invalid_token' })
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^error="invalid_token", error_description="Access/,
    )
  }
})

it('a request without a token is refused, and so is another method, but for the preflight of a browser', async () => {
  for (const authorization of [undefined, 'Basic abc', 'Bearer']) {
    const answer = await userInfo(authorization)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
    expect(answer.headers.get('www-authenticate')).toMatch(/^error="invalid_request"/)
  }
  const other = await userInfo(`Bearer ${await tokenFor('openid')}`, 'PUT')
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, POST'])
  const preflight = await fetch(`${regions.origins['us-east-1']}/oauth2/userInfo`, {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
  })
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\bauthorization\b/)
})
