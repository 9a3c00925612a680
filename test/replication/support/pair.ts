// Two Regions' stores with feed, copy and follower between them and nothing above: for what replication itself guarantees.
import { createCopyHandlers } from '../../../src/replication/copy.ts'
import { createFeed } from '../../../src/replication/feed.ts'
import { type Follower, type FollowerOptions, startFollower } from '../../../src/replication/follower.ts'
import { systemTimer } from '../../../src/replication/timer.ts'
import type { Store, StoreRecord } from '../../../src/store/store.ts'
import { systemClock, systemRandom } from '../../../src/telemetry/clock.ts'
import { keyringKeyOf } from '../../../src/vault/keyring.ts'
import { createNetwork } from './network.ts'
import { silentLog } from './silent-log.ts'

export const poolId = 'us-east-1_Pair00001'
export const primaryRegion = 'us-east-1'
export const secondaryRegion = 'us-west-2'

/** A commit of `count` records that has not been made before; `seal` stands for the sealed value. */
export const writer = (store: Store) => {
  let made = 0
  const put = async (id: string, text: string): Promise<void> => {
    const key = `${poolId}/users/${id}`
    const version = ((await store.get(key))?.version ?? 0) + 1
    await store.commit({
      check: [{ key, version: version - 1 }],
      put: [{ key, version, value: Buffer.from(text), terms: [`t-${id}`] }],
      stream: poolId,
    })
  }
  return {
    put,
    add: async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 1) {
        made += 1
        await put(`u${made}`, `value ${made}`)
      }
    },
    remove: async (id: string): Promise<void> => {
      const key = `${poolId}/users/${id}`
      const current = await store.get(key)
      if (current !== undefined)
        await store.commit({ check: [{ key, version: current.version }], delete: [key], stream: poolId })
    },
    begin: async (): Promise<void> => {
      const keyring = { kmsKeyArn: 'arn', poolArn: 'arn', search: 'AAAA', dataKeys: [] }
      const value = Buffer.from(JSON.stringify(keyring))
      await store.commit({
        put: [{ key: keyringKeyOf(poolId), version: 1, value, terms: [] }],
        stream: poolId,
      })
    },
  }
}

export const allRecords = async (store: Store): Promise<StoreRecord[]> => {
  const records: StoreRecord[] = []
  for (;;) {
    const after = records.at(-1)?.key
    const page = await store.range(`${poolId}/`, { limit: 1_000, ...(after === undefined ? {} : { after }) })
    records.push(...page)
    if (page.length < 1_000) return records
  }
}

/** Whether the two stores stand at the same position with the same digest and no copy is under way. */
export const areEqual = async (one: Store, other: Store): Promise<boolean> => {
  const [left, right] = await Promise.all([one.head(poolId), other.head(poolId)])
  return right.copy === undefined && left.position === right.position && left.digest === right.digest
}

export type Pair = {
  readonly network: ReturnType<typeof createNetwork>
  /** Puts the primary on the network; the function returned takes it off. */
  serve(): () => void
  follow(changes?: Partial<FollowerOptions>): Follower
  readonly keyChecks: { refusal: Error | undefined; count: number }
  readonly isReplica: { value: boolean }
  readonly whole: { count: number }
}

export const createPair = (primary: Store, secondary: Store, refuse: (poolId: string) => Error): Pair => {
  const network = createNetwork({ timer: systemTimer })
  const keyChecks: Pair['keyChecks'] = { refusal: undefined, count: 0 }
  const isReplica = { value: true }
  const whole = { count: 0 }
  const authorise = async (pool: string): Promise<void> => {
    if (!isReplica.value) throw refuse(pool)
  }
  const common = {
    store: primary,
    clock: systemClock,
    timer: systemTimer,
    authorise,
    foundOlder: async () => {},
  }
  const handlers = createCopyHandlers({ ...common, copying: () => {} })
  network.attach(secondaryRegion, { calls: {}, streams: {} })
  return {
    network,
    keyChecks,
    isReplica,
    whole,
    serve: () =>
      network.attach(primaryRegion, {
        calls: { 'copy-begin': handlers.begin },
        streams: { copy: handlers.records, feed: createFeed({ ...common, heartbeatMs: 50, pollMs: 50 }) },
      }),
    follow: (changes) =>
      startFollower({
        poolId,
        primaryRegion,
        store: secondary,
        transport: network.transportOf(secondaryRegion),
        clock: systemClock,
        random: systemRandom,
        timer: systemTimer,
        log: silentLog,
        backOff: { firstMs: 5, mostMs: 40 },
        hooks: {
          copyBegins: async () => {},
          copyIsWhole: async () => {
            whole.count += 1
          },
          applied: () => {},
          stateChanged: () => {},
        },
        checkKeyring: async () => {
          keyChecks.count += 1
          if (keyChecks.refusal !== undefined) throw keyChecks.refusal
        },
        ...changes,
      }),
  }
}
