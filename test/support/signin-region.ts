// A Region that signs users in, in the test's process: store, vault, directory, sign-in and OAuth behind a real listener.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { getRequestListener } from '@hono/node-server'
import { createEndpoints, type EndpointOptions } from '../../src/directory/endpoints.ts'
import type { Message } from '../../src/directory/messages-port.ts'
import { clientOperations } from '../../src/directory/operations/client/operations.ts'
import { domainOperations } from '../../src/directory/operations/domain/operations.ts'
import { groupOperations } from '../../src/directory/operations/group/operations.ts'
import { identityProviderOperations } from '../../src/directory/operations/identity-provider/operations.ts'
import { linkingOperations } from '../../src/directory/operations/linking/operations.ts'
import { poolOperations } from '../../src/directory/operations/pool/operations.ts'
import { resourceServerOperations } from '../../src/directory/operations/resource-server/operations.ts'
import { signUpOperations } from '../../src/directory/operations/sign-up/operations.ts'
import { userOperations } from '../../src/directory/operations/user/operations.ts'
import { type RegisteredPool, registeredPools } from '../../src/directory/records/user-pool.ts'
import { operationRegistry } from '../../src/directory/registry.ts'
import type { Runtime } from '../../src/directory/runtime.ts'
import { createUserPoolService } from '../../src/directory/user-pool-service.ts'
import { createFormEndpoints, type FormEndpoints } from '../../src/oauth/form-endpoints.ts'
import { createOauthApp } from '../../src/oauth/oauth-app.ts'
import { signinOperations } from '../../src/signin/operations/operations.ts'
import { createPasswordWorkers, type PasswordWorkers } from '../../src/srp/password-worker.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Conflict, type Store } from '../../src/store/store.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createVault } from '../../src/vault/vault.ts'
import { clientAddressBehind } from '../../src/wire/client-address.ts'
import { createDispatcher } from '../../src/wire/dispatch.ts'
import { startListener } from '../../src/wire/listener.ts'
import { createFakeKeyService, type FakeKeyService } from './fake-key-service.ts'
import { noTriggers } from './no-triggers.ts'

const account = '000000000000'
const accessKey = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'only for this test' }

export type SigninRegion = {
  readonly region: string
  readonly origin: string
  readonly runtime: Runtime
  readonly store: Store
  readonly client: CognitoIdentityProviderClient
  readonly keyService: FakeKeyService
  /** Pools for which a revocation was reported as made here. */
  readonly reportedRevocations: readonly string[]
  /** Every message that was handed over, oldest first. */
  readonly sent: readonly Message[]
  /** Adds to the clock. */
  pass(ms: number): void
  /** Registers the pool here in another role or status. */
  register(poolId: string, change: Partial<RegisteredPool>): Promise<void>
  close(): Promise<void>
}

export const startSigninRegion = async (
  options: {
    readonly region?: string
    readonly workers?: PasswordWorkers
    readonly keyService?: FakeKeyService
    readonly regionKey?: Buffer
    readonly endpoints?: Partial<EndpointOptions>
  } = {},
): Promise<SigninRegion> => {
  const region = options.region ?? 'us-east-1'
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-signin-'))
  let passedMs = 0
  const clock = { now: () => Date.now() + passedMs }
  const store = await openSqliteStore({ folder, clock })
  const keyService = options.keyService ?? createFakeKeyService(account)
  const vault = await createVault({
    region,
    account,
    store,
    regionKey: { id: 0, bytes: options.regionKey ?? systemRandom.bytes(32) },
    keyService,
    clock,
    random: systemRandom,
    dataKeyLifetimeMs: 60_000,
  })
  const passwords = options.workers ?? createPasswordWorkers({ random: systemRandom, clock })
  const log = createLogger({ level: 'error', region })
  const reportedRevocations: string[] = []
  const sent: Message[] = []
  let runtime: Runtime | undefined
  let oauth: ReturnType<typeof getRequestListener> | undefined
  let forms: FormEndpoints | undefined
  const startedRuntime = (): Runtime => {
    if (runtime === undefined) throw new Error('the Region has not started yet')
    return runtime
  }
  const service = createUserPoolService(
    operationRegistry(
      poolOperations,
      identityProviderOperations,
      linkingOperations,
      clientOperations,
      domainOperations,
      resourceServerOperations,
      userOperations,
      groupOperations,
      signUpOperations,
      signinOperations,
    ),
    // The origin is known once the port is: the runtime is read at each call.
    new Proxy({} as Runtime, {
      get: (_, name) => Reflect.get(startedRuntime(), name) as unknown,
      ownKeys: () => Reflect.ownKeys(startedRuntime()),
      getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(startedRuntime(), name),
    }),
  )
  const dispatcher = createDispatcher({
    services: [service],
    credentials: (id) =>
      id === accessKey.accessKeyId
        ? {
            ...accessKey,
            caller: { kind: 'account', account, arn: `arn:aws:iam::${account}:root` },
          }
        : undefined,
    region,
    clock: { now: () => Date.now() },
    log,
    clientAddress: clientAddressBehind([]),
    isRetryable: (error) => error instanceof Conflict,
  })
  const listener = await startListener({
    host: '127.0.0.1',
    port: 0,
    dispatcher,
    fallback: async (request, response) => {
      if (forms?.has(request.url ?? '') === true) await forms.handle(request, response)
      else await oauth?.(request, response)
    },
  })
  const origin = `http://127.0.0.1:${listener.port}`
  runtime = {
    region,
    account,
    clock,
    random: systemRandom,
    log,
    vault,
    endpoints: createEndpoints({
      region,
      account,
      regionOrigin: origin,
      routerOrigin: 'http://127.0.0.1:9228',
      scheme: 'http',
      portSuffix: '',
      ...options.endpoints,
    }),
    passwords,
    messages: {
      send: (message) => {
        sent.push(message)
        return Promise.resolve()
      },
    },
    triggers: noTriggers,
    replicaControl: {
      knownRegions: () => ['us-east-1', 'us-west-2'],
      listReplicas: () => Promise.resolve([]),
      revocationMade: (poolId) => void reportedRevocations.push(poolId),
      poolDeleted: () => undefined,
    },
  }
  oauth = getRequestListener(createOauthApp(runtime).fetch)
  forms = createFormEndpoints(runtime, clientAddressBehind([]))
  const client = new CognitoIdentityProviderClient({
    region,
    endpoint: origin,
    credentials: accessKey,
    maxAttempts: 1,
  })
  return {
    region,
    origin,
    runtime,
    store,
    client,
    keyService,
    reportedRevocations,
    sent,
    pass: (ms) => {
      passedMs += ms
    },
    register: async (poolId, change) => {
      const stored = await vault.region.get(registeredPools, poolId)
      const value: RegisteredPool = {
        ...(stored?.value ?? {
          poolId,
          name: poolId,
          createdAtMs: 0,
          modifiedAtMs: 0,
          role: 'SECONDARY',
          status: 'ACTIVE',
          statusAtMs: 0,
          primaryRegion: 'us-east-1',
          replicaRegions: [],
        }),
        ...change,
      }
      await vault.region.commit((changes) =>
        stored === undefined
          ? changes.create(registeredPools, value)
          : changes.replace(registeredPools, stored, value),
      )
    },
    close: async () => {
      client.destroy()
      await listener.close()
      if (options.workers === undefined) await passwords.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes the second Region's replicated records of a pool what the first has, as the replica's follower would. */
export const copyPool = async (poolId: string, from: SigninRegion, to: SigninRegion): Promise<void> => {
  const [records, there] = await Promise.all(
    [from, to].map(({ store }) => store.range(`${poolId}/`, { limit: 10_000 })),
  )
  const versions = new Map((there ?? []).map(({ key, version }) => [key, version]))
  const put = (records ?? []).filter(({ key, version }) => version > (versions.get(key) ?? 0))
  if (put.length > 0) await to.store.commit({ put, stream: poolId })
}
