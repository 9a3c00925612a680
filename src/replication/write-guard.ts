// Stands before the store for everything that writes to pools: a pool that is fenced takes no commit, whatever was under way.
import { Conflict, type Store } from '../store/store.ts'

/**
 * Present while this Region may not write to the pool. Every commit to a pool checks that it is absent, so that from the moment it is durable
 * nothing more gets into the pool's log, also from operations that began before. It lies in a scope of its own, so that commits to a
 * pool don't lock its regional data.
 */
const fenceKeyOf = (poolId: string): string => `@fence-${poolId}/fence/writes`

export type WriteWatch = {
  /** Rejects with a Fault when the pool takes no writes here. */
  beforeWrite(poolId: string, collections: ReadonlySet<string>): Promise<void>
  /** Resolves when the commit at this position may be acknowledged. */
  afterWrite(poolId: string, collections: ReadonlySet<string>, position: number): Promise<void>
}

export type WriteGuard = {
  /** The store through which the vault writes. */
  readonly store: Store
  /** From now on this one is asked; the one before no more. */
  watchWith(watch: WriteWatch): void
}

const collectionOf = (key: string): string => key.split('/', 2)[1] ?? ''

export const createWriteGuard = (store: Store): WriteGuard => {
  let watch: WriteWatch | undefined
  return {
    store: {
      ...store,
      commit: async (commit) => {
        const { stream, put = [], delete: deleted = [], check = [] } = commit
        if (stream === undefined) return store.commit(commit)
        const keys = [...put.map(({ key }) => key), ...deleted].filter((key) => key.startsWith(`${stream}/`))
        const collections = new Set(keys.map(collectionOf))
        await watch?.beforeWrite(stream, collections)
        const committed = await store.commit({
          ...commit,
          check: [...check, { key: fenceKeyOf(stream), version: 0 }],
        })
        if (committed.position !== undefined) await watch?.afterWrite(stream, collections, committed.position)
        return committed
      },
    },
    watchWith: (given) => {
      watch = given
    },
  }
}

/** Durable when it resolves: every commit to the pool that had not happened by then is refused with Conflict. */
export const raiseFence = async (store: Store, poolId: string): Promise<void> => {
  const key = fenceKeyOf(poolId)
  if ((await store.get(key)) !== undefined) return
  try {
    await store.commit({
      check: [{ key, version: 0 }],
      put: [{ key, version: 1, value: Buffer.from('{}'), terms: [] }],
    })
  } catch (error) {
    // Somebody else raised it.
    if (!(error instanceof Conflict)) throw error
  }
}

export const lowerFence = async (store: Store, poolId: string): Promise<void> => {
  const key = fenceKeyOf(poolId)
  if ((await store.get(key)) !== undefined) await store.commit({ delete: [key] })
}
