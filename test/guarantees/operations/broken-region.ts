// A Region whose data does what no healthy one's does: the real wire, gate and operations over a vault that the test breaks.
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { createEndpoints } from '../../../src/directory/endpoints.ts'
import type { AnyOperation } from '../../../src/directory/operation.ts'
import type { RegisteredPool } from '../../../src/directory/records/user-pool.ts'
import type { Runtime } from '../../../src/directory/runtime.ts'
import { createUserPoolService } from '../../../src/directory/user-pool-service.ts'
import { Conflict } from '../../../src/store/store.ts'
import { systemRandom } from '../../../src/telemetry/clock.ts'
import { createLogger } from '../../../src/telemetry/log.ts'
import { clientAddressBehind } from '../../../src/wire/client-address.ts'
import { createDispatcher } from '../../../src/wire/dispatch.ts'
import { startListener } from '../../../src/wire/listener.ts'
import { account } from '../../support/regions.ts'
import { type Call, callerOf } from './call.ts'

const region = 'us-east-1'
const accessKey = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'only for this test' }
export const brokenPoolId = `${region}_Broken000`

/** Every read and write, of whatever, fails like this. */
export const failingVault = (error: () => Error): Runtime['vault'] => {
  const fail = (): Promise<never> => Promise.reject(error())
  const records = new Proxy({}, { get: () => fail })
  return new Proxy({} as Runtime['vault'], {
    get: (_, member) =>
      member === 'region'
        ? records
        : member === 'pool'
          ? () => ({ primary: records, secondary: records })
          : fail,
  })
}

/** The pool is registered like this; nothing else can be read. */
export const vaultWith = (pool: Pick<RegisteredPool, 'role' | 'status'>): Runtime['vault'] => {
  const value = { ...pool, poolId: brokenPoolId, primaryRegion: 'eu-west-1', replicaRegions: [region] }
  const failing = failingVault(() => new Error('nothing of a replica like this is to be read'))
  const regional = { get: () => Promise.resolve({ value }), list: () => Promise.resolve({ items: [] }) }
  return new Proxy(failing, {
    get: (_, member) =>
      member === 'region'
        ? regional
        : member === 'findPools'
          ? () => Promise.resolve([brokenPoolId])
          : (Reflect.get(failing, member) as unknown),
  })
}

export const conflict = (): Error => new Conflict('a record')

/** Serves the operations over this vault. */
export const startBrokenRegion = async (
  operations: ReadonlyMap<string, AnyOperation>,
  vault: Runtime['vault'],
): Promise<{ readonly call: Call; close(): Promise<void> }> => {
  const unused = new Proxy({}, { get: () => () => Promise.reject(new Error('no operation gets this far')) })
  const clock = { now: () => Date.now() }
  const log = createLogger({ level: 'silent' })
  const endpoints = createEndpoints({
    region,
    account,
    regionOrigin: 'http://127.0.0.1:9229',
    routerOrigin: 'http://127.0.0.1:9228',
    scheme: 'http',
    portSuffix: '',
  })
  const runtime = {
    region,
    account,
    clock,
    random: systemRandom,
    log,
    vault,
    endpoints,
    passwords: unused,
    messages: unused,
    triggers: unused,
    replicaControl: unused,
  } as Runtime
  const dispatcher = createDispatcher({
    services: [createUserPoolService(operations, runtime)],
    credentials: (id) =>
      id === accessKey.accessKeyId
        ? { ...accessKey, caller: { kind: 'account', account, arn: `arn:aws:iam::${account}:root` } }
        : undefined,
    region,
    clock,
    log,
    clientAddress: clientAddressBehind([]),
    isRetryable: (error) => error instanceof Conflict,
  })
  const listener = await startListener({
    host: '127.0.0.1',
    port: 0,
    dispatcher,
    fallback: async (_, response) => void response.writeHead(404).end(),
  })
  const client = new CognitoIdentityProviderClient({
    region,
    endpoint: `http://127.0.0.1:${listener.port}`,
    credentials: accessKey,
    maxAttempts: 1,
  })
  return {
    call: callerOf(client),
    close: async () => {
      client.destroy()
      await listener.close()
    },
  }
}
