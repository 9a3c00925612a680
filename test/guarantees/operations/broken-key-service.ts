// A key service behind the real wire whose store can be made to fail, and whose clock can be moved.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KMSClient } from '@aws-sdk/client-kms'
import { createKeyService } from '../../../src/keys/key-service.ts'
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { Conflict, type Store } from '../../../src/store/store.ts'
import { systemRandom } from '../../../src/telemetry/clock.ts'
import { createLogger } from '../../../src/telemetry/log.ts'
import { clientAddressBehind } from '../../../src/wire/client-address.ts'
import { createDispatcher } from '../../../src/wire/dispatch.ts'
import { startListener } from '../../../src/wire/listener.ts'
import { account } from '../../support/regions.ts'
import { type KeyCall, keyCallerOf } from './key-world.ts'

const region = 'us-east-1'
const accessKey = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'only for this test' }

export type BrokenKeyService = {
  readonly call: KeyCall
  /** From now on every read and write of the store fails. */
  break(): void
  /** Adds to the clock. */
  pass(ms: number): void
  close(): Promise<void>
}

export const startBrokenKeyService = async (): Promise<BrokenKeyService> => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-keys-'))
  let passedMs = 0
  let isBroken = false
  const clock = { now: () => Date.now() + passedMs }
  const log = createLogger({ level: 'silent' })
  const opened = await openSqliteStore({ folder, clock })
  const store = new Proxy<Store>(opened, {
    get: (target, member) => {
      const value: unknown = Reflect.get(target, member)
      if (typeof value !== 'function' || member === 'close') return value
      return (...given: unknown[]): unknown =>
        isBroken
          ? Promise.reject(new Error('the disk is gone'))
          : (Reflect.apply(value, target, given) as unknown)
    },
  })
  const service = await createKeyService({
    region,
    account,
    store,
    rootKey: { id: 1, bytes: systemRandom.bytes(32) },
    transportKey: { id: 2, bytes: systemRandom.bytes(32) },
    clock,
    random: systemRandom,
    peers: { knownRegions: [region, 'us-west-2'], send: async () => undefined },
    log,
  })
  const dispatcher = createDispatcher({
    services: [service],
    credentials: (id) =>
      id === accessKey.accessKeyId
        ? { ...accessKey, caller: { kind: 'account', account, arn: `arn:aws:iam::${account}:root` } }
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
    fallback: async (_, response) => void response.writeHead(404).end(),
  })
  const client = new KMSClient({
    region,
    endpoint: `http://127.0.0.1:${listener.port}`,
    credentials: accessKey,
    maxAttempts: 1,
  })
  return {
    call: keyCallerOf(client),
    break: () => {
      isBroken = true
    },
    pass: (ms) => {
      passedMs += ms
    },
    close: async () => {
      isBroken = false
      client.destroy()
      await listener.close()
      await service.close()
      await opened.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
