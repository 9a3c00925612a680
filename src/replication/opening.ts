// What a new primary does between the decision and its first write; tried until it is done.

import type { Confirmations } from './confirmations.ts'
import type { Primary } from './primary.ts'
import type { Errand, Registrations } from './registrations.ts'
import { epochOf, reignOf } from './reign.ts'
import type { ReplicaRecords } from './replica-records.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { absorbRevocations } from './revocation-courier.ts'
import type { Turns } from './turns.ts'
import { createUntilDone } from './until-done.ts'
import { lowerFence } from './write-guard.ts'

export type Opening = {
  /** Rejects when it could not be done now; it is then tried again in the background. */
  open(poolId: string): Promise<void>
  /** Finishes what was decided when the process ended. */
  resume(): Promise<void>
  close(): Promise<void>
}

export const createOpening = (
  parts: ReplicationParts,
  registrations: Registrations,
  roles: {
    readonly primary: Pick<Primary, 'runErrands'>
    readonly records: ReplicaRecords
    readonly confirmations: Pick<Confirmations, 'modeChanged'>
    readonly turns: Turns
  },
): Opening => {
  const { region, vault, store, clock, log } = parts
  const { primary, records, confirmations, turns } = roles
  const opening = createUntilDone(parts, 'the new primary can not take writes yet')

  /** Idempotent. */
  const openNow = async (poolId: string): Promise<void> => {
    const pool = await registrations.get(poolId)
    if (pool === undefined) return
    const { isOpening, takeovers } = reignOf(pool)
    if (isOpening !== true) return
    const epoch = epochOf(takeovers)
    if ((await store.head(poolId)).epoch < epoch) await store.raiseEpoch(poolId, epoch)
    vault.forget(poolId)
    confirmations.modeChanged(poolId)
    await lowerFence(store, poolId)
    const entered = { status: 'ACTIVE', statusAtMs: clock.now() } as const
    await records.enterAs(poolId, [
      { regionName: region, role: 'PRIMARY', ...entered },
      ...pool.replicaRegions.map((regionName) => ({ regionName, role: 'SECONDARY', ...entered }) as const),
    ])
    await absorbRevocations(poolId, parts)
    const errands = (await records.all(poolId))
      .filter(({ regionName }) => pool.replicaRegions.includes(regionName))
      .map(({ regionName, status }): Errand => {
        return { poolId, regionName, kind: status === 'DELETING' ? 'dismiss' : 'announce' }
      })
    await registrations.updateWithErrands(poolId, errands, (current) => {
      const { isOpening: _opened, ...reign } = reignOf(current)
      return { ...current, reign }
    })
    await absorbRevocations(poolId, parts)
    primary.runErrands(errands)
    parts.roleChanged?.(poolId, 'PRIMARY')
    log.warn({ poolId, epoch }, 'this Region is the primary of the pool')
  }

  /** The takeover is decided: opening is tried until it succeeds. */
  const openUntilDone = (poolId: string): void =>
    opening.start(poolId, () => turns.take(poolId, () => openNow(poolId)))

  return {
    open: async (poolId) => {
      try {
        await turns.take(poolId, () => openNow(poolId))
      } catch (error) {
        openUntilDone(poolId)
        throw error
      }
    },
    resume: async () => {
      for await (const pool of registrations.all())
        if (reignOf(pool).isOpening === true) openUntilDone(pool.poolId)
    },
    close: opening.close,
  }
}
