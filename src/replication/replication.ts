// Replication of a Region put together: what it answers its peers, what operations may ask, and what runs in the background.
import type { AnyOperation } from '../directory/operation.ts'
import { createClaims } from './claims.ts'
import { createComparison } from './comparison.ts'
import { type ConfirmationState, createConfirmations } from './confirmations.ts'
import { createEndingTransport } from './ending-transport.ts'
import type { FollowerStatus } from './follower.ts'
import { createHandover } from './handover.ts'
import { type Lag, lagAtSecondary } from './lag.ts'
import { createOpening } from './opening.ts'
import { replicationOperations } from './operations/replication-operations.ts'
import { createOperatorActions } from './operator-actions.ts'
import type { OperatorActions } from './operator-shapes.ts'
import type { PeerHandlers } from './peer-port.ts'
import { createPrimary, type Primary } from './primary.ts'
import { createPromotion } from './promotion.ts'
import { createReapply } from './reapply.ts'
import { createRegistrations } from './registrations.ts'
import { createReplicaActions, type ReplicaActions } from './replica-control.ts'
import { createReplicaRecords } from './replica-records.ts'
import type { ReplicationOptions, ReplicationParts } from './replication-parts.ts'
import { createSecondary } from './secondary.ts'
import { createSetAsideWrites } from './set-aside.ts'
import { createSilentReplicas } from './silent-replicas.ts'
import { createStrays } from './strays.ts'
import { createSuccession } from './succession.ts'
import { systemTimer } from './timer.ts'
import { createTurns } from './turns.ts'
import type { WriteWatch } from './write-guard.ts'

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
  /** What stands before every write to a pool, and after it: to be given to the write guard. */
  readonly watch: WriteWatch
  /** Whether pools in synchronous mode have a secondary that confirms their writes. */
  confirmationStates(): readonly ConfirmationState[]
  /** Hears whether other Regions took over while this one was away; to be called before it serves. */
  askAround(): Promise<void>
  /** What an operator may ask, over the operator service. */
  readonly operator: OperatorActions
  /** Resumes all followers, invitations and dismissals; to be called once, when peers can be answered. */
  start(): Promise<void>
  status(): Promise<ReplicationStatus>
  close(): Promise<void>
}

export const createReplication = (options: ReplicationOptions): Replication => {
  const { transport, end: endCalls } = createEndingTransport(options.transport)
  const parts: ReplicationParts = { ...options, transport, timer: options.timer ?? systemTimer }
  const registrations = createRegistrations(parts.vault)
  const turns = createTurns()
  const records = createReplicaRecords(parts)
  const setAside = createSetAsideWrites(parts.store)
  const claims = createClaims(parts, registrations)
  const succeeded = (poolId: string, byRegion: string): void => succession.hear(poolId, byRegion)
  const primary = createPrimary(parts, registrations, records, succeeded)
  const secondary = createSecondary(parts, registrations, turns, claims)
  const confirmations = createConfirmations(parts, registrations, primary.authorise)
  const handover = createHandover(parts, registrations, claims, turns, succeeded)
  const succession = createSuccession(parts, registrations, {
    primary,
    secondary,
    claims,
    setAside,
    confirmations,
    turns,
  })
  const opening = createOpening(parts, registrations, { primary, records, confirmations, turns })
  const promotion = createPromotion(parts, registrations, {
    opening,
    secondary,
    succession,
    claims,
    records,
    turns,
  })
  const strays = createStrays(parts, registrations, { primary, secondary, succession, claims })
  const silentReplicas = createSilentReplicas(parts, registrations, { primary, claims, succeeded })
  const comparison = createComparison(parts, registrations, claims)
  const reapply = createReapply(parts, registrations, setAside)
  const { actions, calls } = createReplicaActions(parts, registrations, primary, secondary)
  return {
    control: actions,
    handlers: {
      calls: {
        ...primary.calls,
        ...secondary.calls,
        ...handover.calls,
        ...succession.calls,
        ...claims.calls,
        ...strays.calls,
        ...reapply.calls,
        ...comparison.calls,
        ...confirmations.calls,
        ...calls,
      },
      streams: primary.streams,
    },
    operations: replicationOperations(actions),
    watch: confirmations,
    confirmationStates: confirmations.states,
    askAround: succession.askAround,
    operator: createOperatorActions(parts, registrations, {
      primary,
      secondary,
      promotion,
      records,
      setAside,
      reapply,
      comparison,
      confirmations,
    }),
    start: async () => {
      await handover.resume()
      await promotion.resume()
      await opening.resume()
      await succession.resume()
      await primary.resume()
      await secondary.resume()
      strays.start()
      silentReplicas.start()
    },
    status: async () => {
      const followers = secondary.statuses()
      const own = followers.map((status) => lagAtSecondary(status, parts.region, parts.clock.now()))
      return { lags: [...(await primary.lags()), ...own], followers, errands: primary.openErrands() }
    },
    close: async () => {
      // What stops may be waiting for a Region that is gone, and another node, or this one later, for it to stop.
      const stopping = Promise.all(
        [strays, silentReplicas, promotion, opening, handover, succession, primary, secondary].map((part) =>
          part.close(),
        ),
      )
      endCalls()
      await stopping
    },
  }
}
