// A Region's directory in the test's process: store, vault and the pool operations behind the gate, without the wire.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createEndpoints } from '../../src/directory/endpoints.ts'
import type { AnyOperation, Input, OperationName, Output } from '../../src/directory/operation.ts'
import { clientOperations } from '../../src/directory/operations/client/operations.ts'
import { domainOperations } from '../../src/directory/operations/domain/operations.ts'
import { poolOperations } from '../../src/directory/operations/pool/operations.ts'
import { resourceServerOperations } from '../../src/directory/operations/resource-server/operations.ts'
import { tagOperations } from '../../src/directory/operations/tag/operations.ts'
import { type RegisteredPool, registeredPools } from '../../src/directory/records/user-pool.ts'
import { operationRegistry } from '../../src/directory/registry.ts'
import type { Runtime } from '../../src/directory/runtime.ts'
import { createUserPoolService } from '../../src/directory/user-pool-service.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Conflict, type Store } from '../../src/store/store.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { createVault, type Vault } from '../../src/vault/vault.ts'
import type { Invocation } from '../../src/wire/service.ts'
import { createFakeKeyService, type FakeKeyService } from './fake-key-service.ts'
import { noTriggers } from './no-triggers.ts'

export type TestDirectory = {
  readonly store: Store
  readonly vault: Vault
  readonly keyService: FakeKeyService
  /** Ids of pools that were reported as deleted. */
  readonly deletedPools: readonly string[]
  /** Adds to the clock. */
  pass(ms: number): void
  call<Name extends OperationName>(name: Name, input: Input<Name>): Promise<Output<Name>>
  /** Makes a pool that ignores case unless `input` says otherwise, and returns its ID. */
  makePool(input?: Partial<Input<'CreateUserPool'>>): Promise<string>
  /** Changes how the Region registers a pool, e.g. `{ role: 'SECONDARY', status: 'INACTIVE' }`. */
  register(poolId: string, change: Partial<RegisteredPool>): Promise<void>
  close(): Promise<void>
}

const region = 'us-east-1'
const account = '000000000000'
const attemptsMax = 10

export const startDirectory = async (
  options: {
    readonly operations?: readonly AnyOperation[]
    readonly wrapStore?: (store: Store) => Store
    /** Parts of the runtime that the operations under test need in place of the ones here. */
    readonly runtimeWith?: (base: Runtime) => Partial<Runtime>
  } = {},
): Promise<TestDirectory> => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-directory-'))
  let passedMs = 0
  const clock = { now: () => Date.now() + passedMs }
  const opened = await openSqliteStore({ folder, clock })
  const store = options.wrapStore?.(opened) ?? opened
  const keyService = createFakeKeyService(account)
  const vault = await createVault({
    region,
    account,
    store,
    regionKey: { id: 0, bytes: systemRandom.bytes(32) },
    keyService,
    clock,
    random: systemRandom,
    dataKeyLifetimeMs: 60_000,
  })
  const deletedPools: string[] = []
  const unused = (): never => {
    throw new Error('the pool operations have no use for this')
  }
  const base: Runtime = {
    region,
    account,
    clock,
    random: systemRandom,
    log: createLogger({ level: 'silent' }),
    vault,
    endpoints: createEndpoints({
      region,
      account,
      regionOrigin: 'http://127.0.0.1:9229',
      routerOrigin: 'http://127.0.0.1:9228',
      scheme: 'http',
      portSuffix: '',
    }),
    passwords: {} as Runtime['passwords'],
    messages: { send: unused },
    triggers: noTriggers,
    replicaControl: {
      knownRegions: () => [region, 'us-west-2'],
      listReplicas: unused,
      revocationMade: unused,
      poolDeleted: (poolId) => void deletedPools.push(poolId),
    },
  }
  const runtime: Runtime = { ...base, ...options.runtimeWith?.(base) }
  const service = createUserPoolService(
    operationRegistry(
      poolOperations,
      clientOperations,
      resourceServerOperations,
      domainOperations,
      tagOperations,
      options.operations ?? [],
    ),
    runtime,
  )
  /** Runs an operation again when another commit got between, as the dispatcher does. */
  const invoke = async (invocation: Invocation): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await service.invoke(invocation)
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
      }
    }
  }
  const call: TestDirectory['call'] = async (name, input) =>
    (await invoke({
      operation: name,
      input,
      caller: { kind: 'account', account, accessKeyId: 'AKIATEST', arn: `arn:aws:iam::${account}:root` },
      requestId: 'test',
      sourceIp: '127.0.0.1',
    })) as never
  return {
    store,
    vault,
    keyService,
    deletedPools,
    pass: (ms) => {
      passedMs += ms
    },
    call,
    makePool: async (input = {}) => {
      const { UserPool } = await call('CreateUserPool', {
        PoolName: 'test',
        UsernameConfiguration: { CaseSensitive: false },
        ...input,
      })
      if (UserPool?.Id === undefined) throw new Error('no pool was made')
      return UserPool.Id
    },
    register: async (poolId, change) => {
      const stored = await vault.region.get(registeredPools, poolId)
      if (stored === undefined) throw new Error(`${poolId} is not registered`)
      await vault.region.commit((changes) =>
        changes.replace(registeredPools, stored, { ...stored.value, ...change }),
      )
    },
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What `expect(call).rejects.toMatchObject` compares with for an AWS error. */
export const fault = (code: string, message?: string | RegExp): object =>
  message === undefined
    ? { code }
    : { code, message: typeof message === 'string' ? message : expect.stringMatching(message) }
