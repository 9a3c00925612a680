// What the key service keeps, sealed under the root key: keys, aliases, and news that other Regions have not got yet.
import { createHash } from 'node:crypto'
import type { KeyLastUsageTrackingOperation } from '@aws-sdk/client-kms'
import type { Store, StoreRecord } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { type DataKey, open, SealBroken, seal } from '../vault/envelope.ts'
import type { KeyGrants } from './grants.ts'
import type { KeyMaterial } from './key-material.ts'
import type { KeyPurpose } from './key-specs.ts'
import { RootKeyRefused } from './root-key.ts'

/** One KMS key of this Region. Everything but the material, ID and relations is this Region's own. */
export type KeyRecord = KeyPurpose & {
  readonly keyId: string
  readonly origin: 'AWS_KMS' | 'EXTERNAL'
  /** Oldest first; the same in all related keys, but that imported material has to be imported in each. */
  readonly materials: readonly KeyMaterial[]
  /** Automatic rotation; set at the primary of related keys. */
  readonly rotation?: { readonly periodDays: number; readonly nextAtMs: number }
  readonly description: string
  readonly policy: string
  readonly tags: Readonly<Record<string, string>>
  readonly isEnabled: boolean
  readonly createdAtMs: number
  /** Set while the key is pending deletion. */
  readonly deletion?: {
    readonly windowDays: number /** Absent while replicas exist. */
    readonly atMs?: number
  }
  /** Set for a multi-Region key. */
  readonly multiRegion?: {
    readonly primaryRegion: string
    readonly replicaRegions: readonly string[]
    /** Grows whenever the primary changes something that all related keys share: the newest news win, whatever their order. */
    readonly version: number
  }
}

export type AliasRecord = {
  readonly name: string
  readonly keyId: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A message that waits until its Region can be reached. */
export type OutboxRecord = { readonly id: string; readonly region: string; readonly message: unknown }

export type StoredRecord<Value> = { readonly key: string; readonly version: number; readonly value: Value }

/** One kind of record. Writes are optimistic: a record changed in between rejects with Conflict. */
export type KeyCollection<Value> = {
  get(id: string): Promise<StoredRecord<Value> | undefined>
  /** In a stable order, after the ID `after`. */
  list(after: string | undefined, limit: number): Promise<readonly StoredRecord<Value>[]>
  create(value: Value): Promise<void>
  replace(stored: StoredRecord<Value>, value: Value): Promise<void>
  delete(stored: StoredRecord<Value>): Promise<void>
}

/** When a key was last used for cryptography in this Region. */
export type UsageRecord = {
  readonly keyId: string
  readonly operation: KeyLastUsageTrackingOperation
  readonly requestId: string
  readonly atMs: number
}

export type KeyRecords = {
  readonly keys: KeyCollection<KeyRecord>
  readonly aliases: KeyCollection<AliasRecord>
  readonly outbox: KeyCollection<OutboxRecord>
  readonly grants: KeyCollection<KeyGrants>
  readonly usage: KeyCollection<UsageRecord>
  /** Deletes a key and keeps the news of it in one commit, so that it is told once, whoever erases it at the same time. */
  eraseKey(stored: StoredRecord<KeyRecord>, news: OutboxRecord | undefined): Promise<void>
}

const scope = '@kms'
const checkKey = `${scope}/check/root-key`
const checkValue = 'twinpool root key'

/** Opens the records. Rejects with RootKeyRefused when the store was made with another root key. */
export const openKeyRecords = async (options: {
  readonly store: Store
  readonly rootKey: DataKey
  readonly clock: Clock
  readonly random: Random
}): Promise<KeyRecords> => {
  const { store, rootKey, random, clock } = options
  const sealed = (key: string, version: number, value: unknown) => ({
    key,
    version,
    value: seal(rootKey, Buffer.from(JSON.stringify(value)), `${key}@${version}`, random),
    terms: [],
  })
  const opened = <Value>({ key, version, value }: StoreRecord): StoredRecord<Value> => ({
    key,
    version,
    value: JSON.parse(open(rootKey, value, `${key}@${version}`).toString('utf8')) as Value,
  })

  const check = await store.get(checkKey)
  if (check === undefined)
    await store.commit({ check: [{ key: checkKey, version: 0 }], put: [sealed(checkKey, 1, checkValue)] })
  else
    try {
      opened(check)
    } catch (cause) {
      if (cause instanceof SealBroken)
        throw new RootKeyRefused('the root key is not the one that this store was made with', { cause })
      throw cause
    }

  /** A digest makes any ID a legal key, and tells nothing of an alias's name. */
  const storeKey = (name: string, id: string): string =>
    `${scope}/${name}/${createHash('sha256').update(`${name}\n${id}`).digest('base64url')}`

  const collectionOf = <Value>(name: string, idOf: (value: Value) => string): KeyCollection<Value> => {
    const keyOf = (id: string): string => storeKey(name, id)
    const put = (key: string, base: number, value: Value): Promise<unknown> => {
      const version = Math.max(base + 1, clock.now() * 1_000)
      return store.commit({ check: [{ key, version: base }], put: [sealed(key, version, value)] })
    }
    return {
      get: async (id) => {
        const record = await store.get(keyOf(id))
        return record === undefined ? undefined : opened<Value>(record)
      },
      list: async (after, limit) => {
        const records = await store.range(`${scope}/${name}/`, {
          ...(after === undefined ? {} : { after: keyOf(after) }),
          limit,
        })
        return records.map((record) => opened<Value>(record))
      },
      create: async (value) => {
        await put(keyOf(idOf(value)), 0, value)
      },
      replace: async (stored, value) => {
        await put(stored.key, stored.version, value)
      },
      delete: async (stored) => {
        await store.commit({ check: [{ key: stored.key, version: stored.version }], delete: [stored.key] })
      },
    }
  }

  return {
    keys: collectionOf<KeyRecord>('keys', ({ keyId }) => keyId),
    aliases: collectionOf<AliasRecord>('aliases', ({ name }) => name),
    outbox: collectionOf<OutboxRecord>('outbox', ({ id }) => id),
    grants: collectionOf<KeyGrants>('grants', ({ keyId }) => keyId),
    usage: collectionOf<UsageRecord>('usage', ({ keyId }) => keyId),
    eraseKey: async (stored, news) => {
      const check = [{ key: stored.key, version: stored.version }]
      const put = news === undefined ? [] : [sealed(storeKey('outbox', news.id), clock.now() * 1_000, news)]
      await store.commit({ check, delete: [stored.key], put })
    },
  }
}
