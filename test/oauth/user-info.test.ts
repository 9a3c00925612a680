// The userInfo endpoint, with tokens to which the pool's function gave the scopes that sign-in pages would.
import { GlobalSignOutCommand } from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { functionArn, type LambdaEndpoint, startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { startRegions } from '../support/regions.ts'
import { makeTriggerPool, makeUser, signIn, type TriggerPool } from '../support/trigger-pool.ts'

let lambda: LambdaEndpoint
let regions: Awaited<ReturnType<typeof startRegions>>
let pool: TriggerPool
let scopesToAdd: string[] = []
const cognito = () => regions.cognito('us-east-1')

beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions(['us-east-1'], { lambda: { endpoint: lambda.origin } })
  lambda.define('Tokens', (event) => ({
    ...event,
    response: { claimsAndScopeOverrideDetails: { accessTokenGeneration: { scopesToAdd } } },
  }))
  pool = await makeTriggerPool(cognito(), {
    PreTokenGenerationConfig: { LambdaArn: functionArn('Tokens'), LambdaVersion: 'V2_0' },
  })
  await makeUser(cognito(), pool, 'ana')
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
const tokenFor = async (...scopes: string[]): Promise<string> => {
  scopesToAdd = scopes
  return (await signIn(cognito(), pool, 'ana')).AuthenticationResult?.AccessToken ?? ''
}

const email = { email: 'ana@example.com', email_verified: 'true' }
it.each([
  [['openid'], email],
  [['openid', 'email'], email],
  [['openid', 'phone', 'profile'], email],
  [['openid', 'phone'], {}],
])('a token with %j shows what these scopes stand for, as texts', async (scopes, expected) => {
  const token = await tokenFor(...scopes)
  for (const method of ['GET', 'POST']) {
    const answer = await userInfo(`Bearer ${token}`, method)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ sub: expect.any(String), username: 'ana', ...expected })
  }
})

it('a token without openid, of a signed-out user or of nobody is refused, and so is a request without one', async () => {
  const signedOut = await tokenFor('openid')
  await cognito().send(new GlobalSignOutCommand({ AccessToken: signedOut }))
  for (const token of [await tokenFor('email'), signedOut, 'abc']) {
    const answer = await userInfo(`Bearer ${token}`)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'invalid_token' })
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^error="invalid_token", error_description="Access/,
    )
  }
  for (const authorization of [undefined, 'Basic abc']) {
    const answer = await userInfo(authorization)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('www-authenticate')).toMatch(/^error="invalid_request"/)
  }
})
