// The store as a pool's records are written to it: nothing is ever committed under a data key that the pool has moved away from.
import { Conflict, type Put, type Store } from '../store/store.ts'
import type { Random } from '../telemetry/clock.ts'
import { allCollections } from './collection.ts'
import { dataKeyIdOf, open, seal } from './envelope.ts'
import { fenceKeyOf, keyringKeyOf, type OpenKeys } from './keyring.ts'

const attemptsMax = 5

const known = new Map<string, boolean>()

/** Whether records under this key hold envelopes. Rings hold wrapped keys; unsealed collections are declared so. */
export const isSealedKey = (key: string): boolean => {
  const [, name = ''] = key.split('/', 2)
  const sealed = known.get(name)
  if (sealed !== undefined) return sealed
  const declared = allCollections().find((collection) => collection.name === name)
  const isSealed = name !== 'keyring' && declared?.isSealed !== false
  if (declared !== undefined || name === 'keyring') known.set(name, isSealed)
  return isSealed
}

type FenceOptions = {
  readonly store: Store
  readonly poolId: string
  readonly random: Random
  keys(): Promise<OpenKeys>
  forgetKeys(): void
}

/** The put under the current data key: what was sealed a moment before the pool's key changed is sealed again. */
const underCurrent = (put: Put, keys: OpenKeys, former: OpenKeys, random: Random): Put => {
  if (!isSealedKey(put.key)) return put
  const id = dataKeyIdOf(put.value)
  if (id === keys.current.id) return put
  const older = keys.find(id) ?? former.find(id)
  // Sealed under keys that were forgotten since: the operation runs again from its reads.
  if (older === undefined) throw new Conflict(put.key)
  const place = `${put.key}@${put.version}`
  return { ...put, value: seal(keys.current, open(older, put.value, place), place, random) }
}

/**
 * Every commit of sealed records also checks that the pool's ring is still the one whose current key it used. So from the moment a ring gets
 * a new key, no record can appear under an older one, and one pass over the records finds all that have to be sealed again. Commits of
 * regional data check a fence beside them, which changes with the ring, and so stay in their own scope.
 */
export const fencedStore = (options: FenceOptions): Store => {
  const { store, poolId, random } = options
  const ringKey = keyringKeyOf(poolId)
  const fenceKey = fenceKeyOf(poolId)
  const isFence = (error: unknown): boolean =>
    error instanceof Conflict && (error.key === ringKey || error.key === fenceKey)
  return {
    ...store,
    commit: async (commit) => {
      const { put = [], check = [] } = commit
      const sealed = put.filter(({ key }) => isSealedKey(key))
      if (sealed.length === 0) return store.commit(commit)
      const touchesPool = sealed.some(({ key }) => key.startsWith(`${poolId}/`))
      // Those that the puts were most likely sealed with, should their key have left the ring by now.
      const former = await options.keys()
      for (let attempt = 1; ; attempt += 1) {
        const keys = attempt === 1 ? former : await options.keys()
        const fence = touchesPool
          ? { key: ringKey, version: keys.ringVersion }
          : { key: fenceKey, version: keys.fenceVersion }
        try {
          return await store.commit({
            ...commit,
            put: put.map((one) => underCurrent(one, keys, former, random)),
            check: [...check, fence],
          })
        } catch (error) {
          if (!isFence(error) || attempt === attemptsMax) throw error
          options.forgetKeys()
        }
      }
    },
  }
}
