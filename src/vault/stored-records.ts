// Records of a pool as they lie in the store: opened without being asked for by name, and committed sealed as they are.
import type { Commit, Store, StoreRecord } from '../store/store.ts'
import { allCollections } from './collection.ts'
import { dataKeyIdOf, open, SealBroken } from './envelope.ts'
import type { OpenKeys } from './keyring.ts'

export type OpenedRecord = {
  readonly collection: string
  /** What the record is known by in its collection: a user name, a group's name, a client ID. */
  readonly name: string
}

export type StoredRecords = {
  /** What a sealed record is; undefined for one of no declared collection. Rejects with SealBroken. */
  identify(record: StoreRecord): Promise<OpenedRecord | undefined>
  /** As any commit of the pool: under its present data key, and refused with Conflict while this Region may not write to the pool. */
  commit(commit: Commit): Promise<void>
}

export const storedRecords = (options: {
  readonly poolId: string
  readonly store: Store
  keys(): Promise<OpenKeys>
}): StoredRecords => ({
  identify: async ({ key, version, value }) => {
    const [, name = ''] = key.split('/', 2)
    const collection = allCollections().find((declared) => declared.name === name)
    if (collection === undefined) return undefined
    const read = async (): Promise<string> => {
      if (!collection.isSealed) return Buffer.from(value).toString('utf8')
      const dataKey = (await options.keys()).find(dataKeyIdOf(value))
      if (dataKey === undefined)
        throw new SealBroken(`a record of ${name} is sealed under a key that is not on the ring`)
      return open(dataKey, value, `${key}@${version}`).toString('utf8')
    }
    return { collection: name, name: collection.keyOf(JSON.parse(await read()) as never) }
  },
  commit: async (commit) => {
    await options.store.commit({ ...commit, stream: options.poolId })
  },
})
