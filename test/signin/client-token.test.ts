// GetClientToken through the AWS SDK: a machine's token for its secret, in both Regions.
import {
  CreateResourceServerCommand,
  GetClientTokenCommand,
  GetUserCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { JwtRsaVerifier } from 'aws-jwt-verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { copyPool, startSigninRegion } from '../support/signin-region.ts'
import { refusal, stepsOf } from '../support/signin-steps.ts'

const regionKey = systemRandom.bytes(32)
const primary = await startSigninRegion({ region: 'us-east-1', regionKey })
const secondary = await startSigninRegion({ region: 'us-west-2', regionKey })
const { makePool, makeClient } = stepsOf(primary)
afterAll(() => Promise.all([primary.close(), secondary.close()]))

let poolId = ''
let ClientId = ''
let Secret = ''
const machine = {
  GenerateSecret: true,
  AllowedOAuthFlows: ['client_credentials' as const],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthScopes: ['api/read', 'api/write'],
}
beforeAll(async () => {
  poolId = (await makePool()).poolId
  await primary.client.send(
    new CreateResourceServerCommand({
      UserPoolId: poolId,
      Identifier: 'api',
      Name: 'api',
      Scopes: ['read', 'write', 'own'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName })),
    }),
  )
  const client = await makeClient(poolId, {
    GenerateSecret: true,
    AllowedOAuthScopes: machine.AllowedOAuthScopes,
    // The SDK's types don't know the flow yet.
    ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH' as 'ALLOW_USER_AUTH'],
  })
  ClientId = client.ClientId ?? ''
  Secret = client.ClientSecret ?? ''
})

const ask = (more: { Secret?: string; ClientId?: string; Scopes?: string[] } = {}, region = primary) =>
  region.client.send(new GetClientTokenCommand({ ClientId, Secret, ...more }))

describe('a machine', () => {
  it('gets a token with the scopes it asked for, or all of its own', async () => {
    const { ClientAuthenticationResult } = await ask({ Scopes: ['api/read'] })
    expect(ClientAuthenticationResult).toMatchObject({ ExpiresIn: 3_600, TokenType: 'Bearer' })
    const issuer = `${primary.origin}/${poolId}`
    const verifier = JwtRsaVerifier.create({
      issuer,
      audience: null,
      jwksUri: `${issuer}/.well-known/jwks.json`,
    })
    const jwks = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as { keys: never[] }
    verifier.cacheJwks(jwks)
    const claims = await verifier.verify(ClientAuthenticationResult?.AccessToken ?? '')
    expect(claims).toMatchObject({
      sub: ClientId,
      client_id: ClientId,
      token_use: 'access',
      scope: 'api/read',
    })
    const all = await verifier.verify((await ask()).ClientAuthenticationResult?.AccessToken ?? '')
    expect(all.scope).toBe('api/read api/write')
  })

  it('is refused without its secret, for scopes that it has not, and where its client does not allow it', async () => {
    await expect(ask({ Secret: 'x'.repeat(51) })).rejects.toEqual(refusal('NotAuthorizedException'))
    await expect(ask({ Scopes: ['api/own'] })).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(ask({ Scopes: ['openid'] })).rejects.toEqual(refusal('InvalidParameterException'))
    await expect(ask({ ClientId: '0'.repeat(26) })).rejects.toEqual(refusal('ResourceNotFoundException'))
    const { AllowedOAuthScopes } = machine
    const other = await makeClient(poolId, { GenerateSecret: true, AllowedOAuthScopes })
    const others = { ClientId: other.ClientId ?? '', Secret: other.ClientSecret ?? '' }
    await expect(ask(others)).rejects.toEqual(refusal('NotAuthorizedException'))
    const ofTokenEndpoint = await makeClient(poolId, machine)
    const { ClientId: id = '', ClientSecret: secret = '' } = ofTokenEndpoint
    expect((await ask({ ClientId: id, Secret: secret })).ClientAuthenticationResult).toBeDefined()
  })

  it('gets no token that stands for a user', async () => {
    const { ClientAuthenticationResult } = await ask()
    await expect(
      primary.client.send(new GetUserCommand({ AccessToken: ClientAuthenticationResult?.AccessToken })),
    ).rejects.toEqual(refusal('NotAuthorizedException'))
  })

  it('gets it of an ACTIVE secondary too, and of no other', async () => {
    await copyPool(poolId, primary, secondary)
    await secondary.register(poolId, { role: 'SECONDARY', status: 'ACTIVE', primaryRegion: 'us-east-1' })
    expect((await ask({}, secondary)).ClientAuthenticationResult?.AccessToken).toBeDefined()
    await secondary.register(poolId, { status: 'INACTIVE' })
    await expect(ask({}, secondary)).rejects.toEqual(refusal('OperationNotEnabledException'))
  })
})
