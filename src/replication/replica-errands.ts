// What a primary tells other Regions, and sees through: that they have a new replica, that theirs goes, that the pool's primary is here now.

import { PeerFailure } from './peer-port.ts'
import type { Errand, Registrations } from './registrations.ts'
import { reignOf } from './reign.ts'
import type { ReplicaRecords } from './replica-records.ts'
import type { ReplicationParts } from './replication-parts.ts'
import { setStatus } from './status-register.ts'

const dismissTimeoutMs = 60_000

export const replicaErrands = (
  parts: Pick<ReplicationParts, 'transport' | 'clock'>,
  registrations: Registrations,
  records: ReplicaRecords,
  /** The replica is gone: nothing is expected of it any more. */
  dismissed: (poolId: string, regionName: string) => void,
  /** The Region knows of a later primary than this one. */
  succeeded: (poolId: string, regionName: string) => void,
): Readonly<Record<Errand['kind'], (errand: Errand) => Promise<void>>> => {
  const { transport, clock } = parts

  /** What a Region has to know of a pool to have a replica of it. */
  const introduction = async (poolId: string) => {
    const pool = await registrations.get(poolId)
    if (pool?.role !== 'PRIMARY') return undefined
    const { name, createdAtMs, modifiedAtMs, replicaRegions } = pool
    const { takeovers } = reignOf(pool)
    return { poolId, name, createdAtMs, modifiedAtMs, replicaRegions, takeovers }
  }

  return {
    invite: async (errand) => {
      const { poolId, regionName, tags } = errand
      const introduced = await introduction(poolId)
      if (introduced === undefined || !introduced.replicaRegions.includes(regionName)) return
      const { statusAtMs } = await records.enter(poolId, {
        regionName,
        role: 'SECONDARY',
        status: 'CREATING',
        statusAtMs: clock.now(),
      })
      await transport.call(regionName, 'replica-create', {
        ...introduced,
        statusAtMs,
        ...(tags === undefined ? {} : { tags }),
      })
      await registrations.finishErrand(errand, (current) => current)
    },
    dismiss: async (errand) => {
      const { poolId, regionName } = errand
      const introduced = await introduction(poolId)
      if (introduced === undefined) return
      if (introduced.replicaRegions.includes(regionName) && (await isEntered(records, errand)))
        await records.update(poolId, regionName, (current) =>
          current.status === 'DELETING'
            ? current
            : { ...current, ...setStatus(current, 'DELETING', clock.now()) },
        )
      const { takeovers } = introduced
      try {
        await transport.call(
          regionName,
          'replica-delete',
          { poolId, takeovers },
          { timeoutMs: dismissTimeoutMs },
        )
      } catch (error) {
        const code = error instanceof PeerFailure ? error.code : undefined
        // Dismissed before it was told of the takeover: it gives way first, and goes the next time.
        if (code === 'StillPrimary')
          await transport.call(regionName, 'new-primary', { ...introduced, statusAtMs: 0 })
        if (code === 'StaleEpoch') succeeded(poolId, regionName)
        throw error
      }
      await records.remove(poolId, regionName)
      dismissed(poolId, regionName)
      await registrations.finishErrand(errand, (current) => ({
        ...current,
        replicaRegions: current.replicaRegions.filter((name) => name !== regionName),
      }))
    },
    announce: async (errand) => {
      const { poolId, regionName } = errand
      const introduced = await introduction(poolId)
      if (introduced === undefined || !introduced.replicaRegions.includes(regionName)) return
      const { statusAtMs } = await records.enter(poolId, {
        regionName,
        role: 'SECONDARY',
        status: 'CREATING',
        statusAtMs: 0,
      })
      try {
        await transport.call(regionName, 'new-primary', { ...introduced, statusAtMs })
      } catch (error) {
        if (error instanceof PeerFailure && error.code === 'StaleEpoch') succeeded(poolId, regionName)
        throw error
      }
      await registrations.finishErrand(errand, (current) => current)
    },
  }
}

const isEntered = async (records: ReplicaRecords, { poolId, regionName }: Errand): Promise<boolean> =>
  (await records.all(poolId)).some((replica) => replica.regionName === regionName)
