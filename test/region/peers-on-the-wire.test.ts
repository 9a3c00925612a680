// What somebody sees who listens between two whole Regions.
import {
  AdminUserGlobalSignOutCommand,
  InitiateAuthCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ending, type RecordingProxy, startProxy } from '../support/proxy.ts'
import { eventually, startRegions, type TestRegions } from '../support/regions.ts'
import {
  makeReplicatedPool,
  primaryRegion,
  type ReplicatedPool,
  secondaryRegion,
  signIn,
} from '../support/replicated-pool.ts'

let regions: TestRegions & { readonly deploymentSecret: string }
let pool: ReplicatedPool
const endings: Ending[] = []
const proxies: RecordingProxy[] = []

beforeAll(async () => {
  // Each Region reaches the other through a proxy, and itself as it is.
  regions = await startRegions([primaryRegion, secondaryRegion], {
    peersOf: async (region, origins) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(origins).map(async ([name, origin]) => {
            if (name === region) return [name, origin] as const
            const proxy = await startProxy(Number(new URL(origin).port), endings)
            proxies.push(proxy)
            return [name, `http://127.0.0.1:${proxy.port}`] as const
          }),
        ),
      ),
  })
  endings.push(() => regions.close())
  pool = await makeReplicatedPool(regions)
})
afterAll(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

test('a revocation on its way to the other Region can’t be read, nor who calls what: the endpoints are plain HTTP', async () => {
  const session = await signIn(regions, secondaryRegion, pool)
  const { sub } = decodeJwt(session.accessToken)
  await regions
    .cognito(secondaryRegion)
    .send(new AdminUserGlobalSignOutCommand({ UserPoolId: pool.poolId, Username: pool.user.name }))
  const refreshAtPrimary = () =>
    regions
      .cognito(primaryRegion)
      .send(
        new InitiateAuthCommand({
          ClientId: pool.appClientId,
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          AuthParameters: { REFRESH_TOKEN: session.refreshToken },
        }),
      )
      .then(
        () => 'refreshed',
        (error: Error) => error.message,
      )
  await eventually(refreshAtPrimary, (answer) => /revoked/.test(answer))
  await regions.cognito(primaryRegion).send(
    new UpdateGroupCommand({
      UserPoolId: pool.poolId,
      GroupName: 'stonecutters',
      Description: 'seen by none',
    }),
  )
  const seen = Buffer.concat(proxies.map((proxy) => proxy.seen()))
  expect(proxies.every((proxy) => proxy.seen().includes('GET /_twinpool/peer/tunnel'))).toBe(true)
  const secrets = [
    sub ?? '',
    pool.poolId,
    'user:',
    pool.user.name,
    'stonecutters',
    '/_twinpool/peer/call',
    '/_twinpool/peer/stream',
    'x-twinpool-region',
    'x-twinpool-time',
  ]
  for (const secret of secrets) {
    expect(secret).not.toBe('')
    expect(seen.includes(secret), secret).toBe(false)
  }
})
