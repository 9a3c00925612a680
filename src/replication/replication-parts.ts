// What replication is made from, and what every part of it gets.
import type { LogEntry, Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { KeyServiceClient } from '../vault/key-service-client.ts'
import type { Vault } from '../vault/vault.ts'
import type { FeedOptions } from './feed.ts'
import type { FollowerOptions } from './follower.ts'
import type { PeerTransport } from './peer-port.ts'
import type { AcceptRevocations } from './revocation-courier.ts'
import type { Timer } from './timer.ts'

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
  /** This Region has become the pool's primary, or is it no more. */
  roleChanged?(poolId: string, role: 'PRIMARY' | 'SECONDARY'): void
  /** How long writers may wait for a planned promotion. */
  readonly catchUpMs?: number
  /** How long a write of a pool in synchronous mode waits for a secondary. */
  readonly confirmationWaitMs?: number
  readonly timer?: Timer
  /** Hears of every batch applied at a secondary, for measuring. */
  applied?(poolId: string, entries: readonly LogEntry[]): void
  /** Other times than the usual ones, for tests and simulations. */
  readonly followerTiming?: Pick<
    FollowerOptions,
    'backOff' | 'idleTimeoutMs' | 'keyCheckEveryMs' | 'pageRecords'
  >
  readonly feedTiming?: Pick<FeedOptions, 'heartbeatMs' | 'pollMs'>
  /** Fewer records in a frame of a copy than usual, for simulations. */
  readonly copyFrameRecordsMax?: number
}

/** The same with everything filled in, as its parts get it. */
export type ReplicationParts = ReplicationOptions & { readonly timer: Timer }
