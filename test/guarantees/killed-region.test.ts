// A deployment of real processes behind the router: one Region is killed while users come in, and no log tells anything of them.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  GetUserCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Supervisor, startSupervisor } from '../../src/cli/supervisor.ts'
import { createOperatorClient } from '../../src/operator/operator-client.ts'
import { account, eventually } from '../support/regions.ts'
import {
  machineToken,
  makeReplicatedPool,
  type RegionClients,
  type ReplicatedPool,
  signIn,
} from '../support/replicated-pool.ts'

const folder = mkdtempSync(join(tmpdir(), 'twinpool-killed-'))
const logFile = join(folder, 'log')
const logDescriptor = openSync(logFile, 'a', 0o600)
let supervisor: Supervisor
/** Both Regions through the router's one URL. */
let routed: RegionClients
let pool: ReplicatedPool
const acknowledged: string[] = []

beforeAll(async () => {
  supervisor = await startSupervisor({
    dataFolder: join(folder, 'data'),
    regions: ['us-east-1', 'us-west-2'],
    account,
    host: '127.0.0.1',
    port: 0,
    isTls: false,
    logLevel: 'debug',
    logDescriptor,
    isRestarted: false,
    say: () => {},
  })
  const { router } = supervisor.endpoints
  const credentials = supervisor.accessKey
  routed = {
    origins: { 'us-east-1': router, 'us-west-2': router },
    cognito: (region) =>
      new CognitoIdentityProviderClient({ region, endpoint: router, credentials, maxAttempts: 1 }),
    kms: (region) => new KMSClient({ region, endpoint: router, credentials, maxAttempts: 1 }),
  }
  pool = await makeReplicatedPool(routed)
})

afterAll(async () => {
  await supervisor.stop()
  closeSync(logDescriptor)
  rmSync(folder, { recursive: true })
})

const createUser = (name: string) =>
  routed
    .cognito('us-east-1')
    .send(new AdminCreateUserCommand({ UserPoolId: pool.poolId, Username: name, MessageAction: 'SUPPRESS' }))

test('a signed call goes to the Region that its signature names, and an unknown Region is told', async () => {
  const seen = await routed
    .cognito('us-west-2')
    .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: pool.user.name }))
  expect(seen.Username).toBe(pool.user.name)
  await expect(
    routed.cognito('eu-north-1').send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: 'x' })),
  ).rejects.toMatchObject({ message: expect.stringContaining('eu-north-1') })
})

test('the primary is killed in the middle of writes; users and machines sign in through the same URL', async () => {
  const tokens = await signIn(routed, 'us-east-1', pool)
  const writing = (async () => {
    for (let index = 0; index < 10_000; index++) {
      const name = `written-${index}`
      await createUser(name)
      acknowledged.push(name)
    }
  })().catch((error: unknown) => error)
  await eventually(
    async () => acknowledged.length,
    (count) => count > 20,
  )
  await supervisor.kill('us-east-1')
  expect(await writing).toBeInstanceOf(Error)

  const after = await signIn(routed, 'us-west-2', pool)
  expect(
    (await routed.cognito('us-west-2').send(new GetUserCommand({ AccessToken: after.accessToken }))).Username,
  ).toBe(pool.user.name)
  await routed.cognito('us-west-2').send(
    new InitiateAuthCommand({
      ClientId: pool.appClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: tokens.refreshToken },
    }),
  )
  expect((await machineToken(routed, 'us-west-2', pool.machine)).accessToken).toBeDefined()
  await expect(
    routed
      .cognito('us-west-2')
      .send(
        new SignUpCommand({ ClientId: pool.appClientId, Username: 'late-comer', Password: 'Unguessable-3' }),
      ),
  ).rejects.toMatchObject({ name: 'OperationNotEnabledException' })
  const jwks = await fetch(`${supervisor.endpoints.router}/${pool.poolId}/.well-known/jwks.json`)
  expect(((await jwks.json()) as { keys: unknown[] }).keys.length).toBe(2)
})

test('the primary comes back with every acknowledged write, and replication goes on', async () => {
  await supervisor.restart('us-east-1')
  for (const region of ['us-east-1', 'us-west-2'])
    for (const name of acknowledged)
      await eventually(
        () =>
          routed
            .cognito(region)
            .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: name }))
            .then((user) => user.Username)
            .catch((error: Error) => error.name),
        (answer) => answer === name,
      )
  await eventually(
    () =>
      createUser('after-the-fire')
        .then(() => true)
        .catch(() => false),
    Boolean,
  )
})

test('with the primary dead another Region is promoted, and sign-ups go on through the same URL', async () => {
  await supervisor.kill('us-east-1')
  const client = createOperatorClient({
    origin: supervisor.endpoints.router,
    region: 'us-west-2',
    credentials: supervisor.accessKey,
  })
  await client.call('PromoteUserPoolReplica', { UserPoolId: pool.poolId, Force: true })
  const signUp = (name: string) =>
    routed
      .cognito('us-west-2')
      .send(new SignUpCommand({ ClientId: pool.appClientId, Username: name, Password: 'Unguessable-3' }))
  await signUp('early-bird')
  await supervisor.restart('us-east-1')
  // Unsigned calls find the new primary also when the old one is back.
  for (let index = 0; index < 20; index++) await signUp(`bird-${index}`)
  await eventually(
    () =>
      routed
        .cognito('us-east-1')
        .send(new AdminGetUserCommand({ UserPoolId: pool.poolId, Username: 'bird-19' }))
        .then((user) => user.Username)
        .catch((error: Error) => error.name),
    (answer) => answer === 'bird-19',
  )
})

test('no log tells a user’s name, an attribute, a password, a secret or a token', async () => {
  await expect(signIn(routed, 'us-east-1', pool, 'Wrong-pass-1')).rejects.toMatchObject({
    name: 'NotAuthorizedException',
  })
  const tokens = await signIn(routed, 'us-east-1', pool)
  await supervisor.stop()
  const log = readFileSync(logFile, 'utf8')
  expect(log).toContain('the Region serves')
  for (const text of [
    pool.user.name,
    pool.user.password,
    'Wrong-pass-1',
    'quarry.example',
    '5550109876',
    'Quarrymaster',
    'stonecutters',
    pool.machine.secret,
    'written-1',
    'late-comer',
    'early-bird',
    tokens.accessToken,
    tokens.refreshToken,
    supervisor.accessKey.secretAccessKey,
  ])
    expect(log.includes(text), text).toBe(false)
})
