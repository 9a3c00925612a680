// A Region behind the router, and the router behind a load balancer, know the client's address; and nobody can say that they are somebody else.
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminListUserSessionsCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ListUserPoolsCommand,
  SetUserPoolSessionConfigurationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { routerTokenOf } from '../../src/region/deployment-secrets.ts'
import type { RouterConfiguration } from '../../src/routing/configuration.ts'
import { type RunningRouter, startRouter } from '../../src/routing/start-router.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { startRegions } from '../support/regions.ts'

const region = 'us-east-1'
const office = { accessKeyId: 'AKIDOFFICE', secretAccessKey: systemRandom.bytes(30).toString('base64') }
const policy = {
  Statement: [
    {
      Effect: 'Allow' as const,
      Action: ['*'],
      Resource: ['*'],
      Condition: { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } },
    },
  ],
}
let regions: Awaited<ReturnType<typeof startRegions>>
let plain: RunningRouter
let behindBalancer: RunningRouter

beforeAll(async () => {
  regions = await startRegions([region], {
    users: [{ ...office, userName: 'office', policies: [policy] }],
    trustedProxies: ['loopback'],
  })
  const configuration: RouterConfiguration = {
    host: '127.0.0.1',
    port: 0,
    origin: 'http://127.0.0.1:0',
    regions: [{ name: region, origin: regions.origins[region] ?? '' }],
    routerToken: routerTokenOf(regions.deploymentSecret),
    trustedProxies: [],
    logLevel: 'silent',
  }
  const log = createLogger({ level: 'silent' })
  plain = await startRouter(configuration, log)
  behindBalancer = await startRouter({ ...configuration, trustedProxies: ['127.0.0.1'] }, log)
})
afterAll(async () => {
  await Promise.all([plain.close(), behindBalancer.close()])
  await regions.close()
})

/** A call as it comes from something that says it stands before a client at `address`. */
const listThrough = ({ port }: RunningRouter, address: string): Promise<string> => {
  const client = new CognitoIdentityProviderClient({
    region,
    endpoint: `http://127.0.0.1:${port}`,
    credentials: office,
    maxAttempts: 1,
  })
  client.middlewareStack.add(
    (next) => (args) => {
      ;(args.request as { headers: Record<string, string> }).headers['x-forwarded-for'] = address
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  return client.send(new ListUserPoolsCommand({ MaxResults: 1 })).then(
    () => 'allowed',
    (error: Error) => error.name,
  )
}

test('a policy holds the address that a trusted load balancer names, through the router, against its ranges', async () => {
  expect(await listThrough(behindBalancer, '203.0.113.9')).toBe('allowed')
  expect(await listThrough(behindBalancer, '198.51.100.1')).toBe('AccessDeniedException')
  expect(await listThrough(behindBalancer, '203.0.113.9, 198.51.100.1')).toBe('AccessDeniedException')
})

test('a client of the router can’t say that it is somebody else', async () => {
  expect(await listThrough(plain, '203.0.113.9')).toBe('AccessDeniedException')
})

test('a session was last used at the address that refreshed it at the token endpoint', async () => {
  const cognito = regions.cognito(region)
  const { UserPool } = await cognito.send(new CreateUserPoolCommand({ PoolName: 'sessions' }))
  const ana = { UserPoolId: UserPool?.Id, Username: 'ana' }
  await cognito.send(
    new SetUserPoolSessionConfigurationCommand({
      UserPoolId: ana.UserPoolId,
      UserSessionTracking: 'ENABLED',
      TokenSession: { MaxPerUser: 5 },
    }),
  )
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: ana.UserPoolId,
      ClientName: 'web',
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const ClientId = UserPoolClient?.ClientId ?? ''
  await cognito.send(new AdminCreateUserCommand({ ...ana, MessageAction: 'SUPPRESS' }))
  await cognito.send(
    new AdminSetUserPasswordCommand({ ...ana, Password: 'Correct-Horse-1', Permanent: true }),
  )
  const { AuthenticationResult } = await cognito.send(
    new AdminInitiateAuthCommand({
      UserPoolId: ana.UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ana', PASSWORD: 'Correct-Horse-1' },
    }),
  )
  const refreshed = await fetch(`http://127.0.0.1:${behindBalancer.port}/oauth2/token`, {
    method: 'POST',
    headers: { 'x-forwarded-for': '203.0.113.77' },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: ClientId,
      refresh_token: AuthenticationResult?.RefreshToken ?? '',
    }),
  })
  expect(refreshed.status).toBe(200)
  const { Sessions } = await cognito.send(new AdminListUserSessionsCommand(ana))
  expect(Sessions?.map(({ LastIPAddress }) => LastIPAddress)).toEqual(['203.0.113.77'])
})
