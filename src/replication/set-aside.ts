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

export type SetAside = { readonly id: string; readonly entry: LogEntry }

export type SetAsideWrites = {
  /** Keeps what the pool's log has after a position; resolves with how many entries that was. Idempotent. */
  keepAfter(poolId: string, after: number): Promise<number>
  /** Oldest first, after the one with the given ID. `limit` 1 to 1,000. */
  list(poolId: string, after: string | undefined, limit: number): Promise<readonly SetAside[]>
  count(poolId: string): Promise<number>
  remove(poolId: string, ids: readonly string[]): Promise<void>
  removeAll(poolId: string): Promise<void>
}

export const createSetAsideWrites = (store: Store): SetAsideWrites => {
  /** The log from the first entry after `after` that it still has. */
  const readFrom = async (poolId: string, after: number): Promise<readonly LogEntry[]> => {
    try {
      return await store.readLog(poolId, after, entriesPerRead)
    } catch (error) {
      if (error instanceof RangeError) return []
      throw error
    }
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
      for (let from = after; ; ) {
        const entries = await readFrom(poolId, from)
        const last = entries.at(-1)
        if (last === undefined) return kept
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
    count: (poolId) => store.count(`${setAsideScope(poolId)}/writes`),
    remove: async (poolId, ids) => {
      if (ids.length > 0) await store.commit({ delete: ids.map((id) => `${prefixOf(poolId)}${id}`) })
    },
    removeAll: (poolId) => store.dropScope(setAsideScope(poolId)),
  }
}
