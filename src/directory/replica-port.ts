// The port from the directory's operations to replication: what has to be known or told across Regions.
import type { Replica } from './records/user-pool.ts'

export type ReplicaControl = {
  /** Regions of this deployment, this one included. */
  knownRegions(): readonly string[]
  /** The pool's replicas, the primary first. A pool without secondaries has just the primary. */
  listReplicas(poolId: string): Promise<readonly Replica[]>
  /** Called after a revocation was written at a secondary: brings it to the primary as soon as that can be reached. */
  revocationMade(poolId: string): void
  /** Called after a pool was deleted here. */
  poolDeleted(poolId: string): void
}
