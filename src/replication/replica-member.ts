// Everything that runs at a secondary for one pool: its follower, reports and receipts to the primary, revocations, and reading the records of the replicas.
import type { RegisteredPool } from '../directory/records/user-pool.ts'
import type { LogEntry } from '../store/store.ts'
import type { Keyring } from '../vault/keyring.ts'
import { type Follower, startFollower } from './follower.ts'
import { checkKeyPermission } from './key-permission.ts'
import { epochOf, reignOf } from './reign.ts'
import { isWorthALine, type Repeater, startRepeater } from './repeater.ts'
import type { ReplicaRegistration } from './replica-registration.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { carryRevocations } from './revocation-courier.ts'
import type { BackOffLimits } from './timer.ts'

export type ReplicaMember = {
  readonly follower: Follower
  /** The status of this replica changed. */
  statusChanged(): void
  revocationMade(): void
  stop(): Promise<void>
}

const backOff: BackOffLimits = { firstMs: 200, mostMs: 10_000 }
const reportPauseMs = 200
const reportEveryMs = 5_000
const courierPauseMs = 20
const courierEveryMs = 60_000
const readerPauseMs = 20

const collectionOf = (key: string): string => key.split('/', 2)[1] ?? ''

const collectionsIn = (entries: readonly LogEntry[]): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const { puts, deletes } of entries) {
    for (const { key } of puts) names.add(collectionOf(key))
    for (const { key } of deletes) names.add(collectionOf(key))
  }
  return names
}

export const startReplicaMember = (
  pool: RegisteredPool,
  how: {
    readonly copiesAnew: boolean
    /** The primary's records say that this replica is about to be dismissed. */
    dismissed(): void
  },
  registration: ReplicaRegistration,
  parts: ReplicationParts,
): ReplicaMember => {
  const { vault, store, clock, random, timer, transport, log } = parts
  const { poolId, primaryRegion } = pool
  let isSynchronous = pool.acknowledgement !== undefined

  const report = async (): Promise<void> => {
    const { status, statusAtMs } = await registration.registered(poolId)
    const { position, lastDelayMs } = follower.status()
    await transport.call(primaryRegion, 'report', {
      poolId,
      position,
      appliedAtMs: clock.now(),
      status,
      statusAtMs,
      ...(lastDelayMs === undefined ? {} : { delayMs: lastDelayMs }),
    })
  }
  /** What the primary waits for before it acknowledges a write of a synchronous pool: this is durable here. */
  const receipt = async (): Promise<void> => {
    const { status } = await registration.registered(poolId)
    const { position } = follower.status()
    await transport.call(primaryRegion, 'receipt', { poolId, position, status })
  }

  const repeat = (
    what: string,
    timing: { readonly pauseMs: number; readonly everyMs?: number },
    run: () => Promise<unknown>,
  ): Repeater =>
    startRepeater({
      timer,
      random,
      backOff,
      ...timing,
      run: async () => {
        await run()
        return undefined
      },
      failed: (error, failures) => {
        if (isWorthALine(failures)) log.warn({ poolId, err: error, failures }, `${what} failed`)
      },
    })

  const reporter = repeat(
    'a report to the primary',
    { pauseMs: reportPauseMs, everyMs: reportEveryMs },
    report,
  )
  const receipts = repeat('a receipt to the primary', { pauseMs: 0 }, receipt)
  const withdrawal = repeat('taking the replica out of service', { pauseMs: 0 }, () =>
    registration.withdraw(poolId),
  )
  const reader = repeat('reading the replica records', { pauseMs: readerPauseMs }, async () => {
    const read = await registration.readRecords(poolId)
    isSynchronous = read?.acknowledgement !== undefined
    // What a replica that is about to be dismissed holds is not followed any further. Not waited for: this runs inside a part of it.
    if (read?.status === 'DELETING') how.dismissed()
    else if (isSynchronous) receipts.nudge()
  })
  const courier = repeat(
    'delivering revocations to the primary',
    { pauseMs: courierPauseMs, everyMs: courierEveryMs },
    async () => {
      // Before the first copy is whole there are no keys here, and nobody who could revoke anything.
      if ((await registration.registered(poolId)).status === 'CREATING') return
      await carryRevocations({ poolId, primaryRegion, vault, transport, clock })
    },
  )
  /** With the data goes the ring that opens revocations made here: until the copy is whole nobody could read them, nor a deletion save them. */
  const deliverFirst = async (): Promise<void> => {
    if ((await registration.registered(poolId)).status === 'CREATING') return
    await carryRevocations({ poolId, primaryRegion, vault, transport, clock })
  }
  const follower = startFollower({
    poolId,
    primaryRegion,
    store,
    transport,
    clock,
    random,
    timer,
    log,
    copiesAnew: how.copiesAnew,
    reign: epochOf(reignOf(pool).takeovers),
    checkKeyring: (keyring: Keyring) => checkKeyPermission(keyring, parts),
    ...parts.followerTiming,
    hooks: {
      copyBegins: async () => {
        await deliverFirst()
        await registration.unsettle(poolId)
      },
      copyBegun: () => registration.copyBegun(poolId),
      copyIsWhole: async () => {
        await registration.settle(poolId)
        // Of what was confirmed before, the primary may not know.
        if (isSynchronous) receipts.nudge()
        reporter.nudge()
        reader.nudge()
        courier.nudge()
      },
      applied: (head, entries) => {
        if (entries.length === 0) return
        if (isSynchronous) receipts.nudge()
        reporter.nudge()
        parts.applied?.(poolId, entries)
        if (head.copy !== undefined) return
        const touched = collectionsIn(entries)
        if (touched.has('keyring')) vault.forget(poolId)
        if (touched.has('replicas') || touched.has('pool') || touched.has('acknowledgement')) reader.nudge()
        if (touched.has('revocations')) courier.nudge()
      },
      stateChanged: ({ state }) => {
        reporter.nudge()
        if (state === 'diverged') withdrawal.nudge()
      },
    },
  })
  reporter.nudge()
  courier.nudge()

  return {
    follower,
    statusChanged: () => {
      reporter.nudge()
      if (isSynchronous) receipts.nudge()
    },
    revocationMade: () => courier.nudge(),
    stop: async () => {
      await Promise.all(
        [follower, reporter, receipts, withdrawal, courier, reader].map((part) => part.stop()),
      )
    },
  }
}
