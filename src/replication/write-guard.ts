// Stands before the store for everything that writes to pools: a pool that is fenced takes no commit, whatever was under way.
import { Conflict, type Store } from '../store/store.ts'

/**
 * Present while this Region may not write to the pool. Every commit to a pool checks that it is absent, so that from the moment it is durable
 * nothing more gets into the pool's log, also from operations that began before. It lies in a scope of its own, so that commits to a
 * pool don't lock its regional data.
 */
const fenceKeyOf = (poolId: string): string => `@fence-${poolId}/fence/writes`

/**
 * Present while this Region's replica of the pool is being dropped. Every commit to the pool's regional data checks that it is absent: what is
 * then read of revocations is all that was ever acknowledged here. In a scope of its own for the same reason.
 */
const regionalFenceKeyOf = (poolId: string): string => `@dropping-${poolId}/fence/regional`

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

/** A Region's own, of no pool. */
const regionScopes: ReadonlySet<string> = new Set(['@region', '@kms'])

const collectionOf = (key: string): string => key.split('/', 2)[1] ?? ''

/** Regional data of a pool lies under `@<pool ID>`. */
const regionalFences = (
  keys: readonly string[],
): readonly { readonly key: string; readonly version: 0 }[] => {
  const scopes = new Set(keys.map((key) => key.slice(0, key.indexOf('/'))))
  return [...scopes]
    .filter((scope) => scope.startsWith('@') && !regionScopes.has(scope))
    .map((scope) => ({ key: regionalFenceKeyOf(scope.slice(1)), version: 0 }))
}

export const createWriteGuard = (store: Store): WriteGuard => {
  let watch: WriteWatch | undefined
  return {
    store: {
      ...store,
      commit: async (commit) => {
        const { stream, put = [], delete: deleted = [], check = [] } = commit
        const touched = [...put.map(({ key }) => key), ...deleted]
        const regional = regionalFences(touched)
        if (stream === undefined)
          return store.commit(regional.length === 0 ? commit : { ...commit, check: [...check, ...regional] })
        const collections = new Set(touched.filter((key) => key.startsWith(`${stream}/`)).map(collectionOf))
        await watch?.beforeWrite(stream, collections)
        const committed = await store.commit({
          ...commit,
          check: [...check, ...regional, { key: fenceKeyOf(stream), version: 0 }],
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

const raise = async (store: Store, key: string): Promise<void> => {
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
const lower = async (store: Store, key: string): Promise<void> => {
  if ((await store.get(key)) !== undefined) await store.commit({ delete: [key] })
}

/** Durable when it resolves: every commit to the pool that had not happened by then is refused with Conflict. */
export const raiseFence = (store: Store, poolId: string): Promise<void> => raise(store, fenceKeyOf(poolId))
export const lowerFence = (store: Store, poolId: string): Promise<void> => lower(store, fenceKeyOf(poolId))

/** The same for commits to the pool's regional data. */
export const raiseRegionalFence = (store: Store, poolId: string): Promise<void> =>
  raise(store, regionalFenceKeyOf(poolId))
export const lowerRegionalFence = (store: Store, poolId: string): Promise<void> =>
  lower(store, regionalFenceKeyOf(poolId))
