// Replication of a Region put together: what it answers its peers, what operations may ask, and what runs in the background.
import type { AnyOperation } from '../directory/operation.ts'
import type { FollowerStatus } from './follower.ts'
import { type Lag, lagAtSecondary } from './lag.ts'
import { replicationOperations } from './operations/replication-operations.ts'
import type { PeerHandlers } from './peer-port.ts'
import { createPrimary, type Primary } from './primary.ts'
import { createRegistrations } from './registrations.ts'
import { createReplicaActions, type ReplicaActions } from './replica-control.ts'
import type { ReplicationOptions, ReplicationParts } from './replication-parts.ts'
import { createSecondary } from './secondary.ts'
import { systemTimer } from './timer.ts'

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
