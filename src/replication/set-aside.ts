// Writes that a Region had and the pool's new primary never got: kept as they lie, sealed, until an operator has seen to them (SPEC.md, "Promotion").
import { decodeLogEntry, encodeLogEntry } from '../store/log-entry.ts'
import type { LogEntry, Put, Store } from '../store/store.ts'

/** Not under the pool's own scopes: those are dropped when the pool is copied anew. */
export const setAsideScope = (poolId: string): string => `@aside-${poolId}`

const prefixOf = (poolId: string): string => `${setAsideScope(poolId)}/writes/`
/** Positions in this form are in order as text. */
const keyOf = (poolId: string, { epoch, position }: Pick<LogEntry, 'epoch' | 'position'>): string =>
  `${prefixOf(poolId)}${String(epoch).padStart(16, '0')}-${String(position).padStart(16, '0')}`

const entriesPerRead = 500
const commitBytesAim = 2 * 1024 * 1024
/** As many as a log has at most; of more the oldest go. */
const keptMaxDefault = 1_000_000

export type SetAside = { readonly id: string; readonly entry: LogEntry }

export type SetAsideWrites = {
  /** Keeps what the pool's log has after a position, or the latest of it; resolves with how many entries were new. Idempotent. */
  keepAfter(poolId: string, after: number): Promise<number>
  /** Oldest first, after the one with the given ID. `limit` 1 to 1,000. */
  list(poolId: string, after: string | undefined, limit: number): Promise<readonly SetAside[]>
  count(poolId: string): Promise<number>
  remove(poolId: string, ids: readonly string[]): Promise<void>
  removeAll(poolId: string): Promise<void>
}

export const createSetAsideWrites = (store: Store, keptMax = keptMaxDefault): SetAsideWrites => {
  const countOf = (poolId: string): Promise<number> => store.count(`${setAsideScope(poolId)}/writes`)
  const dropOldest = async (poolId: string): Promise<void> => {
    for (let over = (await countOf(poolId)) - keptMax; over > 0; ) {
      const oldest = await store.range(prefixOf(poolId), { limit: Math.min(over, entriesPerRead) })
      await store.commit({ delete: oldest.map(({ key }) => key) })
      over -= oldest.length
    }
  }
  const isTrimmedAfter = async (poolId: string, after: number): Promise<boolean> => {
    try {
      await store.readLog(poolId, after, 1)
      return false
    } catch (error) {
      if (error instanceof RangeError) return true
      throw error
    }
  }
  /** The first position from `after` on from which the log still has everything. */
  const firstKept = async (poolId: string, after: number): Promise<number> => {
    let low = after
    let high = (await store.head(poolId)).position
    if (low >= high || !(await isTrimmedAfter(poolId, low))) return low
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (await isTrimmedAfter(poolId, middle)) low = middle
      else high = middle
    }
    return high
  }
  return {
    keepAfter: async (poolId, after) => {
      let kept = 0
      let puts: Put[] = []
      let byteLength = 0
      const write = async (): Promise<void> => {
        if (puts.length > 0) await store.commit({ put: puts })
        kept += puts.length
        puts = []
        byteLength = 0
      }
      for (let from = await firstKept(poolId, after); ; ) {
        const entries = await store.readLog(poolId, from, entriesPerRead)
        const last = entries.at(-1)
        if (last === undefined) {
          await dropOldest(poolId)
          return kept
        }
        for (const entry of entries) {
          // What a promotion itself adds to the log changes nothing.
          if (entry.puts.length + entry.deletes.length === 0) continue
          const key = keyOf(poolId, entry)
          if ((await store.get(key)) !== undefined) continue
          const value = encodeLogEntry(entry)
          if (byteLength + value.length > commitBytesAim) await write()
          puts.push({ key, version: 1, value, terms: [] })
          byteLength += value.length
        }
        await write()
        from = last.position
      }
    },
    list: async (poolId, after, limit) => {
      const prefix = prefixOf(poolId)
      const records = await store.range(prefix, {
        limit,
        ...(after === undefined ? {} : { after: `${prefix}${after}` }),
      })
      return records.map(({ key, value }) => ({
        id: key.slice(prefix.length),
        entry: decodeLogEntry(Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
      }))
    },
    count: countOf,
    remove: async (poolId, ids) => {
      if (ids.length > 0) await store.commit({ delete: ids.map((id) => `${prefixOf(poolId)}${id}`) })
    },
    removeAll: (poolId) => store.dropScope(setAsideScope(poolId)),
  }
}
