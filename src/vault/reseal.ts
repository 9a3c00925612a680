// Sealing a pool's records again after its key changed: in slices, beside the writers, until the older data keys can go.
import { Conflict, type Put, type Store, type StoreRecord } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { allCollections, collection } from './collection.ts'
import { dataKeyIdOf, open, SealBroken, seal } from './envelope.ts'
import { isSealedKey } from './fenced-store.ts'
import { keyringKeyOf, type OpenKeys } from './keyring.ts'

/** A pool whose key changed in this Region and whose records are not all sealed again. Written in the commit that changes the ring. */
export type KeyChange = { readonly poolId: string; readonly changedAtMs: number }

export const keyChanges = collection<KeyChange, 'regional'>('key-changes', {
  locality: 'regional',
  isSealed: false,
  keyOf: ({ poolId }) => poolId,
})

export type ResealStep = {
  /** The last key that was looked at; absent when the pass is through. */
  readonly after?: string
  /** Sealed records that were looked at, and those of them that were sealed anew. */
  readonly examinedCount: number
  readonly resealedCount: number
}

export type Reseal = {
  /** About how many sealed records of the scopes there are. */
  count(): Promise<number>
  /** Looks at the next records after `after` and seals again what is under an older data key. What somebody else writes meanwhile wins. */
  step(after: string | undefined): Promise<ResealStep>
}

/** Records of one slice, and about how many bytes: a commit, and a log entry, of bounded size. */
const recordsPerSlice = 100
const sliceBytesMax = 2 * 1024 * 1024

/**
 * One pass over `scopes`, in that order. `keys` are those that the pass began with: it is only through for the ring of that version.
 * Rejects with SealBroken for a record that does not open, and with Conflict when the ring has changed since.
 */
export const createReseal = (options: {
  readonly store: Store
  readonly poolId: string
  readonly scopes: readonly string[]
  readonly keys: OpenKeys
  readonly clock: Clock
  readonly random: Random
}): Reseal => {
  const { store, scopes, keys, clock, random, poolId } = options
  const ring = { key: keyringKeyOf(poolId), version: keys.ringVersion }

  const anew = (record: StoreRecord): Put => {
    const { key, version: base, value, terms } = record
    const dataKey = keys.find(dataKeyIdOf(value))
    if (dataKey === undefined) throw new SealBroken('a record is sealed under a key that is not on the ring')
    const version = Math.max(base + 1, clock.now() * 1_000)
    const plain = open(dataKey, value, `${key}@${base}`)
    return { key, version, value: seal(keys.current, plain, `${key}@${version}`, random), terms }
  }

  /** Commits what still is as it was read. A record that changed has been sealed under the current key by whoever changed it. */
  const commit = async (stale: readonly StoreRecord[]): Promise<number> => {
    let left = stale
    while (left.length > 0) {
      try {
        const put = left.map(anew)
        const touchesPool = put.some(({ key }) => key.startsWith(`${poolId}/`))
        await store.commit({
          check: [...left.map(({ key, version }) => ({ key, version })), ring],
          put,
          ...(touchesPool ? { stream: poolId } : {}),
        })
        return left.length
      } catch (error) {
        if (!(error instanceof Conflict)) throw error
        const remaining = left.filter(({ key }) => key !== error.key)
        if (remaining.length === left.length) throw error
        left = remaining
      }
    }
    return 0
  }

  const scopeFrom = (after: string | undefined): number =>
    after === undefined ? 0 : scopes.findIndex((scope) => after.startsWith(`${scope}/`))

  return {
    count: async () => {
      const names = allCollections()
        .filter(({ isSealed }) => isSealed)
        .map(({ name }) => name)
      let sum = 0
      for (const scope of scopes) for (const name of names) sum += await store.count(`${scope}/${name}`)
      return sum
    },
    step: async (after) => {
      const index = scopeFrom(after)
      const scope = scopes[index]
      if (scope === undefined) return { examinedCount: 0, resealedCount: 0 }
      const records = await store.range(`${scope}/`, {
        limit: recordsPerSlice,
        ...(after === undefined ? {} : { after }),
      })
      let bytes = 0
      let examinedCount = 0
      let last: string | undefined
      const stale: StoreRecord[] = []
      for (const record of records) {
        if (bytes > sliceBytesMax) break
        last = record.key
        if (!isSealedKey(record.key)) continue
        examinedCount += 1
        if (dataKeyIdOf(record.value) === keys.current.id) continue
        bytes += record.value.byteLength + record.terms.length * 10
        stale.push(record)
      }
      const resealedCount = await commit(stale)
      const counts = { examinedCount, resealedCount }
      if (last !== undefined) return { ...counts, after: last }
      const next = scopes[index + 1]
      // No key lies before the first of a scope: the slash itself stands for "nothing of it yet".
      return next === undefined ? counts : { ...counts, after: `${next}/` }
    },
  }
}
