// Amazon's own host names, served by a deployment: clients and verifiers that build them need no setting at all.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CognitoIdentityProviderClient,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { CognitoJwtVerifier } from 'aws-jwt-verify'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Supervisor, startSupervisor } from '../../src/cli/supervisor.ts'
import { type AmazonNames, amazonNames } from '../support/amazon-names.ts'
import { account, eventually } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type RegionClients,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'

const folder = mkdtempSync(join(tmpdir(), 'twinpool-names-'))
const logDescriptor = openSync(join(folder, 'log'), 'a', 0o600)
let supervisor: Supervisor
let names: AmazonNames
let clients: RegionClients
let pool: ReplicatedPool

const verifier = (tokenUse: 'access' | 'id', clientId: string) =>
  CognitoJwtVerifier.create(
    { userPoolId: pool.poolId, tokenUse, clientId },
    {
      jwksCache: new SimpleJwksCache({
        fetcher: {
          fetch: async (uri) => {
            const { status, body } = await names.get(uri)
            if (status !== 200) throw new Error(`HTTP status ${status}`)
            return new TextEncoder().encode(body).buffer
          },
        },
      }),
    },
  )

const machineTokenAt = async (region: string): Promise<{ access_token?: string; error?: string }> => {
  const { clientId, secret } = pool.machine
  const { body } = await names.post(
    `https://quarry.auth.${region}.amazonaws.com/oauth2/token`,
    {
      authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    'grant_type=client_credentials',
  )
  return JSON.parse(body) as { access_token?: string; error?: string }
}

beforeAll(async () => {
  supervisor = await startSupervisor({
    dataFolder: join(folder, 'data'),
    regions: [primaryRegion, secondaryRegion],
    account,
    host: '127.0.0.1',
    port: 0,
    isTls: true,
    baseDomain: 'amazonaws.com',
    publicPort: 443,
    logLevel: 'warn',
    logDescriptor,
    isRestarted: false,
    say: () => {},
  })
  const credentials = supervisor.accessKey
  names = amazonNames(supervisor.endpoints)
  const { requestHandler } = names
  clients = {
    origins: supervisor.endpoints.regions,
    // No endpoint: the SDK asks the hosts that it would ask at Amazon.
    cognito: (region) => new CognitoIdentityProviderClient({ region, credentials, requestHandler }),
    kms: (region) => new KMSClient({ region, credentials, requestHandler }),
  }
  pool = await makeReplicatedPool(clients)
  await clients
    .cognito(primaryRegion)
    .send(new CreateUserPoolDomainCommand({ UserPoolId: pool.poolId, Domain: 'quarry' }))
})

afterAll(async () => {
  names?.close()
  await supervisor?.stop()
  closeSync(logDescriptor)
  rmSync(folder, { recursive: true })
})

test('tokens of either Region verify with nothing but the pool ID and the client ID', async () => {
  for (const region of [primaryRegion, secondaryRegion]) {
    const { accessToken, idToken } = await signIn(clients, region, pool)
    const claims = await verifier('access', pool.appClientId).verify(accessToken)
    expect(claims.iss).toBe(`https://issuer-cognito-idp.${primaryRegion}.amazonaws.com/${pool.poolId}`)
    expect(claims.username).toBe(pool.user.name)
    expect(await verifier('id', pool.appClientId).verify(idToken)).toMatchObject({ iss: claims.iss })
  }
})

test('the shared issuer and its discovery agree byte for byte', async () => {
  const issuer = `https://issuer-cognito-idp.${primaryRegion}.amazonaws.com/${pool.poolId}`
  const { status, body } = await names.get(`${issuer}/.well-known/openid-configuration`)
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint: `https://quarry.auth.${primaryRegion}.amazonaws.com/oauth2/token`,
  })
})

test('a prefix domain serves its own pool and refuses the clients of others', async () => {
  const { access_token: token = '' } = await machineTokenAt(primaryRegion)
  expect(await verifier('access', pool.machine.clientId).verify(token)).toMatchObject({
    client_id: pool.machine.clientId,
  })
  const { body } = await names.post(
    `https://quarry.auth.${primaryRegion}.amazonaws.com/oauth2/token`,
    { 'content-type': 'application/x-www-form-urlencoded' },
    `grant_type=client_credentials&client_id=${'0'.repeat(26)}`,
  )
  expect(JSON.parse(body)).toEqual({ error: 'invalid_client' })
})

test('the prefix domain and the shared issuer live on when the Region that made them is killed', async () => {
  await supervisor.kill(primaryRegion)
  const { access_token: token = '' } = await eventually(
    () => machineTokenAt(primaryRegion),
    ({ access_token }) => access_token !== undefined,
  )
  const claims = await verifier('access', pool.machine.clientId).verify(token)
  expect(claims.iss).toBe(`https://issuer-cognito-idp.${primaryRegion}.amazonaws.com/${pool.poolId}`)
})
