// Replication of a Region put together: what it answers its peers, what operations may ask, and what runs in the background.
import type { AnyOperation } from '../directory/operation.ts'
import type { LogEntry, Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { KeyServiceClient } from '../vault/key-service-client.ts'
import type { Vault } from '../vault/vault.ts'
import type { FeedOptions } from './feed.ts'
import type { FollowerOptions, FollowerStatus } from './follower.ts'
import { type Lag, lagAtSecondary } from './lag.ts'
import { replicationOperations } from './operations/replication-operations.ts'
import type { PeerHandlers, PeerTransport } from './peer-port.ts'
import { createPrimary, type Primary } from './primary.ts'
import { createRegistrations } from './registrations.ts'
import { createReplicaActions, type ReplicaActions } from './replica-control.ts'
import type { AcceptRevocations } from './revocation-courier.ts'
import { createSecondary } from './secondary.ts'
import { systemTimer, type Timer } from './timer.ts'

export type ReplicationOptions = {
  readonly region: string
  readonly account: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly vault: Vault
  readonly store: Store
  readonly keyService: KeyServiceClient
  readonly transport: PeerTransport
  /** Regions of the deployment, this one included. */
  readonly knownRegions: readonly string[]
  /** Merges revocations that a secondary made into the primary's. May reject with Conflict; it is then called again. */
  readonly acceptRevocations: AcceptRevocations
  readonly timer?: Timer
  /** Hears of every batch applied at a secondary, for measuring. */
  applied?(poolId: string, entries: readonly LogEntry[]): void
  /** Other times than the usual ones, for tests and simulations. */
  readonly followerTiming?: Pick<FollowerOptions, 'backOff' | 'idleTimeoutMs' | 'keyCheckEveryMs'>
  readonly feedTiming?: Pick<FeedOptions, 'heartbeatMs' | 'pollMs'>
}

/** The same with everything filled in, as its parts get it. */
export type ReplicationParts = ReplicationOptions & { readonly timer: Timer }

export type ReplicationStatus = {
  /** Of every replica of this Region's primaries, and of this Region's own secondaries. */
  readonly lags: readonly Lag[]
  readonly followers: readonly FollowerStatus[]
  readonly errands: ReturnType<Primary['openErrands']>
}

export type Replication = {
  readonly control: ReplicaActions
  readonly handlers: PeerHandlers
  readonly operations: readonly AnyOperation[]
  /** Resumes all followers, invitations and dismissals; to be called once, when peers can be answered. */
  start(): Promise<void>
  status(): Promise<ReplicationStatus>
  close(): Promise<void>
}

export const createReplication = (options: ReplicationOptions): Replication => {
  const parts: ReplicationParts = { ...options, timer: options.timer ?? systemTimer }
  const registrations = createRegistrations(parts.vault)
  const primary = createPrimary(parts, registrations)
  const secondary = createSecondary(parts, registrations)
  const { actions, calls } = createReplicaActions(parts, registrations, primary, secondary)
  return {
    control: actions,
    handlers: {
      calls: { ...primary.calls, ...secondary.calls, ...calls },
      streams: primary.streams,
    },
    operations: replicationOperations(actions),
    start: async () => {
      await primary.resume()
      await secondary.resume()
    },
    status: async () => {
      const followers = secondary.statuses()
      const own = followers.map((status) => lagAtSecondary(status, parts.region, parts.clock.now()))
      return { lags: [...(await primary.lags()), ...own], followers, errands: primary.openErrands() }
    },
    close: async () => {
      await Promise.all([primary.close(), secondary.close()])
    },
  }
}
