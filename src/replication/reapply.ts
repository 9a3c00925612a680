// Writes that were set aside, brought to the pool's primary after all: each commit whole, unless what it changed has changed since.
import { decodeLogEntry, encodeLogEntry } from '../store/log-entry.ts'
import { Conflict, type LogEntry } from '../store/store.ts'
import { Fault } from '../wire/fault.ts'
import { readFields } from './message-fields.ts'
import type { PeerCallHandler } from './peer-port.ts'
import type { Registrations } from './registrations.ts'
import { latestOf, reignOf } from './reign.ts'
import type { ReplicationParts } from './replication-parts.ts'
import type { SetAside, SetAsideWrites } from './set-aside.ts'

export type Reapplied = { readonly appliedCount: number; readonly conflictingIds: readonly string[] }

export type Reapply = {
  /** Brings them to the primary, oldest first; what was applied is no longer set aside. Rejects with PeerFailure or a Fault. */
  reapply(poolId: string, ids: readonly string[] | undefined): Promise<Reapplied>
  readonly calls: Readonly<Record<'reapply', PeerCallHandler>>
}

/** Who the primary is, what its keys are and which tokens are void is settled by the promotion, not by what was left behind. */
const settledOtherwise: ReadonlySet<string> = new Set([
  'replicas',
  'keyring',
  'revocations',
  'acknowledgement',
])

const entriesPerCall = 50
const callBytesAim = 3 * 1024 * 1024

const collectionOf = (key: string): string => key.split('/', 2)[1] ?? ''

/** What is left of an entry when what is settled otherwise is taken out. */
const relevantPart = (entry: LogEntry): LogEntry => ({
  ...entry,
  puts: entry.puts.filter(({ key }) => !settledOtherwise.has(collectionOf(key))),
  deletes: entry.deletes.filter(({ key }) => !settledOtherwise.has(collectionOf(key))),
})

export const createReapply = (
  parts: Pick<ReplicationParts, 'store' | 'vault' | 'transport'>,
  registrations: Registrations,
  setAside: SetAsideWrites,
): Reapply => {
  const { store, vault, transport } = parts

  /** False when a record that the entry changed has been changed since the takeover, or a newer one is there. */
  const applyEntry = async (poolId: string, entry: LogEntry, takenOverAtMs: number): Promise<boolean> => {
    // Versions are microseconds by the clock of the Region that wrote.
    const changedSince = takenOverAtMs * 1_000
    const { puts, deletes } = relevantPart(entry)
    const keys = [...puts, ...deletes].map(({ key }) => key)
    const versions = new Map<string, number>()
    for (let at = 0; at < keys.length; at += 1_000) {
      const part = keys.slice(at, at + 1_000)
      const records = await store.getMany(part)
      for (const [index, key] of part.entries()) versions.set(key, records[index]?.version ?? 0)
    }
    const versionOf = (key: string): number => versions.get(key) ?? 0
    const missing = puts.filter(({ key, version }) => versionOf(key) !== version)
    const present = deletes.filter(({ key }) => versionOf(key) !== 0)
    const isFree =
      missing.every(({ key, version }) => versionOf(key) < version && versionOf(key) < changedSince) &&
      present.every(({ key, version }) => versionOf(key) <= version && versionOf(key) < changedSince)
    if (!isFree) return false
    if (missing.length + present.length === 0) return true
    try {
      await vault.stored(poolId).commit({
        check: [...missing, ...present].map(({ key }) => ({ key, version: versionOf(key) })),
        put: missing,
        delete: present.map(({ key }) => key),
      })
      return true
    } catch (error) {
      if (error instanceof Conflict) return false
      throw error
    }
  }

  const bring = async (
    poolId: string,
    primaryRegion: string,
    writes: readonly SetAside[],
  ): Promise<readonly string[]> => {
    const answer = await transport.call(primaryRegion, 'reapply', {
      poolId,
      entries: writes.map(({ entry }) => encodeLogEntry(relevantPart(entry)).toString('base64')),
    })
    const applied = readFields(answer).list('applied', entriesPerCall)
    return writes.filter((_, index) => applied[index] === true).map(({ id }) => id)
  }

  return {
    reapply: async (poolId, ids) => {
      const pool = await registrations.get(poolId)
      if (pool === undefined)
        throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
      const wanted = ids === undefined ? undefined : new Set(ids)
      const conflictingIds: string[] = []
      let appliedCount = 0
      for (let after: string | undefined; ; ) {
        const page = await setAside.list(poolId, after, entriesPerCall)
        const last = page.at(-1)
        if (last === undefined) return { appliedCount, conflictingIds }
        after = last.id
        let waiting = page.filter(({ id }) => wanted?.has(id) !== false)
        while (waiting.length > 0) {
          let byteLength = 0
          const few = waiting.filter(({ entry }, index) => {
            byteLength += entry.puts.reduce((sum, { value }) => sum + value.byteLength + 200, 0)
            return index === 0 || byteLength < callBytesAim
          })
          const applied = await bring(poolId, pool.primaryRegion, few)
          await setAside.remove(poolId, applied)
          appliedCount += applied.length
          conflictingIds.push(...few.map(({ id }) => id).filter((id) => !applied.includes(id)))
          waiting = waiting.slice(few.length)
        }
      }
    },
    calls: {
      reapply: async (fromRegion, body) => {
        const fields = readFields(body)
        const poolId = fields.text('poolId')
        const pool = await registrations.get(poolId)
        const latest = pool === undefined ? undefined : latestOf(reignOf(pool).takeovers)
        if (pool?.role !== 'PRIMARY' || latest === undefined || !pool.replicaRegions.includes(fromRegion))
          throw new Fault('NotAReplica', `${poolId} has no replica in ${fromRegion} that follows here.`)
        const applied: boolean[] = []
        for (const item of fields.list('entries', entriesPerCall)) {
          const entry = decodeLogEntry(Buffer.from(String(item), 'base64'))
          applied.push(await applyEntry(poolId, entry, latest.atMs))
        }
        return { applied }
      },
    },
  }
}
