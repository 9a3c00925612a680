// The vault of a Region: opens the sealed records of each pool, and of the Region itself, through the key that wraps their data keys.
import { LRUCache } from 'lru-cache'
import { Conflict, type Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import type { Collection, Locality } from './collection.ts'
import type { DataKey } from './envelope.ts'
import { fencedStore } from './fenced-store.ts'
import type { KeyServiceClient, PoolKeyUse, ServicePrincipal } from './key-service-client.ts'
import { customerKeyWrapper, isKeyLost, isKeyRefusal, regionKeyWrapper } from './key-wrapper.ts'
import {
  dataKeysMax,
  fenceKeyOf,
  type Keyring,
  type KeyWrapper,
  keyCache,
  keyringKeyOf,
  makeKeyring,
  movedKeyring,
  type OpenKeys,
  openKeyring,
  readKeyring,
} from './keyring.ts'
import type { WritableRecords } from './records.ts'
import { createReseal, type KeyChange, keyChanges, type Reseal } from './reseal.ts'
import { openScope } from './scope.ts'
import { regionWideTerm } from './search-hash.ts'
import { type StoredRecords, storedRecords } from './stored-records.ts'

const openedValuesMax = 5_000
const openPoolsMax = 10_000
const regionScope = '@region'

export type PoolVault = {
  /** Reads, and writes of everything: for the primary only. */
  readonly primary: WritableRecords<Locality>
  /** Reads, and writes of regional data only. */
  readonly secondary: WritableRecords<'regional'>
}

export type Vault = {
  /** Records of the Region itself, under the Region's own key; they never travel. */
  readonly region: WritableRecords<'regional'>
  pool(poolId: string): PoolVault
  /** The pool's records as they lie in the store: for what replication sets aside. */
  stored(poolId: string): StoredRecords
  /** Makes a pool's keyring under the customer's key, or the Region's own. Rejects with a Fault when the key can't be used. */
  createPool(poolId: string, about: { readonly poolArn: string; readonly kmsKeyArn?: string }): Promise<void>
  /**
   * Wraps the pool's data keys under another key and gives it a new one, under which everything is sealed from now on. What is sealed
   * stays readable throughout; `resealing` brings it under the new key.
   */
  changeKey(poolId: string, kmsKeyArn: string | undefined): Promise<void>
  /** Whether the pool's ring holds data keys that only open; false for a pool that isn't here. */
  hasOlderKeys(poolId: string): Promise<boolean>
  /** One pass that seals again what this Region may: everything, or regional data only where the pool's replica is a secondary. */
  resealing(poolId: string, localities: readonly Locality[]): Promise<PoolResealing>
  /** The customer managed key that the pool is on, as the primary Region names it; undefined for the service-owned key. */
  kmsKeyArnOf(poolId: string): Promise<string | undefined>
  /**
   * Whether the pool's key can be used in this Region now: `lost` when the key service does not know it any more, so that nothing of the pool
   * will ever be read again. Rejects with a Fault when the key service can't be asked.
   */
  keyState(poolId: string): Promise<KeyUsability>
  /** How this Region calls the key service for the pool, as the given principal; undefined for a pool on the service-owned key. */
  keyUse(poolId: string, principal: ServicePrincipal): Promise<PoolKeyUse | undefined>
  /** The pools of this Region that hold a record with this region-wide term. */
  findPools<Value>(collection: Collection<Value>, name: string, value: string): Promise<readonly string[]>
  /** Forgets opened keys of a pool, after its keyring changed or the pool was dropped. */
  forget(poolId: string): void
  /** Drops all that this Region holds of a pool, keyring and change log included. Does nothing for one that isn't here. */
  deletePool(poolId: string): Promise<void>
}

export type KeyUsability = 'usable' | 'unusable' | 'lost'

export type PoolResealing = Reseal & {
  /** The Region in which the pool's key was last changed. */
  readonly changedIn: string | undefined
  /** Takes the older data keys off the ring, after a pass over everything. False when the ring changed meanwhile: begin anew. */
  dropOlderKeys(): Promise<boolean>
}

export type VaultOptions = {
  readonly region: string
  readonly account: string
  readonly store: Store
  /** The Region's own key (32 bytes), from which nothing of a pool on a customer managed key can be opened. */
  readonly regionKey: DataKey
  readonly keyService: KeyServiceClient
  readonly clock: Clock
  readonly random: Random
  /** How long an opened data key serves before the key service is asked again. */
  readonly dataKeyLifetimeMs: number
}

/** The same key as another Region names it (related multi-Region keys share everything of the ARN but the Region). */
export const inRegion = (arn: string, region: string): string => {
  const parts = arn.split(':')
  parts[3] = region
  return parts.join(':')
}

export const createVault = async (options: VaultOptions): Promise<Vault> => {
  const { store, clock, random, region, account } = options
  const opened = new LRUCache<string, { value: unknown }>({ max: openedValuesMax })

  const useOf = (keyring: Keyring, principal: ServicePrincipal): PoolKeyUse | undefined =>
    keyring.kmsKeyArn === undefined
      ? undefined
      : { principal, account, poolArn: keyring.poolArn, keyArn: inRegion(keyring.kmsKeyArn, region) }
  const wrapperFor = (scope: string, keyring: Pick<Keyring, 'kmsKeyArn' | 'poolArn'>): KeyWrapper => {
    const use = useOf(keyring as Keyring, 'cognito-idp.amazonaws.com')
    return use === undefined
      ? regionKeyWrapper(options.regionKey, scope, random)
      : customerKeyWrapper(options.keyService, use)
  }
  const load = async (scope: string): Promise<OpenKeys> => {
    // The fence first: read the other way round, it could be newer than the ring and let through what the ring no longer seals with.
    const fence = await store.get(fenceKeyOf(scope))
    const stored = await readKeyring(store, scope)
    if (stored === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${scope} does not exist.`)
    return openKeyring(stored.keyring, wrapperFor(scope, stored.keyring), {
      ringVersion: stored.version,
      fenceVersion: fence?.version ?? 0,
    })
  }

  if ((await readKeyring(store, regionScope)) === undefined) {
    const keyring = await makeKeyring(regionKeyWrapper(options.regionKey, regionScope, random), {
      poolArn: '',
    })
    await store.commit({
      check: [{ key: keyringKeyOf(regionScope), version: 0 }],
      put: [
        {
          key: keyringKeyOf(regionScope),
          version: 1,
          value: Buffer.from(JSON.stringify(keyring)),
          terms: [],
        },
      ],
    })
  }
  const regionKeys = await load(regionScope)

  type OpenPool = {
    readonly vault: PoolVault
    readonly stored: StoredRecords
    keys(): Promise<OpenKeys>
    forgetKeys(): void
  }
  const pools = new LRUCache<string, OpenPool>({ max: openPoolsMax })
  const openPool = (poolId: string): OpenPool => {
    const known = pools.get(poolId)
    if (known !== undefined) return known
    const cache = keyCache({ clock, lifetimeMs: options.dataKeyLifetimeMs, load: () => load(poolId) })
    const fenced = fencedStore({ store, poolId, random, keys: cache.keys, forgetKeys: cache.forget })
    const scope = {
      replicatedScope: poolId,
      regionalScope: `@${poolId}`,
      store: fenced,
      clock,
      random,
      opened,
      keys: cache.keys,
      forgetKeys: cache.forget,
    }
    const made: OpenPool = {
      vault: {
        primary: openScope<Locality>(scope, ['replicated', 'regional']),
        secondary: openScope<'regional'>(scope, ['regional']),
      },
      stored: storedRecords({ poolId, store: fenced, keys: cache.keys }),
      keys: cache.keys,
      forgetKeys: cache.forget,
    }
    pools.set(poolId, made)
    return made
  }

  const versionAfter = (base: number): number => Math.max(base + 1, clock.now() * 1_000)
  const plainPut = (key: string, base: number, value: unknown) => ({
    check: { key, version: base },
    put: { key, version: versionAfter(base), value: Buffer.from(JSON.stringify(value)), terms: [] },
  })

  /** Stores the ring, and with it what has to change in the same commit. */
  const putKeyring = async (
    poolId: string,
    keyring: Keyring,
    base: number,
    beside: readonly ReturnType<typeof plainPut>[] = [],
  ): Promise<void> => {
    const changes = [plainPut(keyringKeyOf(poolId), base, keyring), ...beside]
    await store.commit({
      check: changes.map(({ check }) => check),
      put: changes.map(({ put }) => put),
      stream: poolId,
    })
  }
  const fenceAfter = async (poolId: string) => {
    const key = fenceKeyOf(poolId)
    return plainPut(key, (await store.get(key))?.version ?? 0, {})
  }
  const changeNote = async (change: KeyChange) => {
    const key = `${regionScope}/${keyChanges.name}/${keyChanges.keyOf(change)}`
    return plainPut(key, (await store.get(key))?.version ?? 0, change)
  }
  const requireKeyring = async (poolId: string) => {
    const stored = await readKeyring(store, poolId)
    if (stored === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    return stored
  }

  return {
    region: openScope<'regional'>(
      {
        replicatedScope: undefined,
        regionalScope: regionScope,
        store,
        clock,
        random,
        opened,
        keys: () => Promise.resolve(regionKeys),
        forgetKeys: () => {},
      },
      ['regional'],
    ),
    pool: (poolId) => openPool(poolId).vault,
    stored: (poolId) => openPool(poolId).stored,
    createPool: async (poolId, about) => {
      await putKeyring(poolId, await makeKeyring(wrapperFor(poolId, about), about), 0)
    },
    changeKey: async (poolId, kmsKeyArn) => {
      const { keyring, version } = await requireKeyring(poolId)
      if (keyring.dataKeys.length >= dataKeysMax)
        throw new Fault(
          'InvalidParameterException',
          'The key of this user pool was changed too often in a short time. Try again when its data is encrypted under the last key.',
        )
      const target = { poolArn: keyring.poolArn, ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }) }
      const moved = await movedKeyring(keyring, wrapperFor(poolId, keyring), wrapperFor(poolId, target), {
        kmsKeyArn,
        region,
      })
      await putKeyring(poolId, moved, version, [
        await fenceAfter(poolId),
        await changeNote({ poolId, changedAtMs: clock.now() }),
      ])
      openPool(poolId).forgetKeys()
    },
    hasOlderKeys: async (poolId) => ((await readKeyring(store, poolId))?.keyring.dataKeys.length ?? 1) > 1,
    resealing: async (poolId, localities) => {
      const { keyring, version } = await requireKeyring(poolId)
      const pool = openPool(poolId)
      pool.forgetKeys()
      const keys = await pool.keys()
      const current = keyring.dataKeys.at(-1)
      const scopes = localities.map((locality) => (locality === 'replicated' ? poolId : `@${poolId}`))
      return {
        ...createReseal({ store, poolId, scopes, keys, clock, random }),
        changedIn: keyring.changedIn,
        dropOlderKeys: async () => {
          if (keys.ringVersion !== version || current === undefined) return false
          try {
            await putKeyring(poolId, { ...keyring, dataKeys: [current] }, version, [await fenceAfter(poolId)])
          } catch (error) {
            if (error instanceof Conflict) return false
            throw error
          } finally {
            pool.forgetKeys()
          }
          return true
        },
      }
    },
    kmsKeyArnOf: async (poolId) => (await readKeyring(store, poolId))?.keyring.kmsKeyArn,
    keyState: async (poolId) => {
      try {
        await load(poolId)
        return 'usable'
      } catch (error) {
        if (!isKeyRefusal(error)) throw error
        return isKeyLost(error) ? 'lost' : 'unusable'
      }
    },
    keyUse: async (poolId, principal) => {
      const stored = await readKeyring(store, poolId)
      return stored === undefined ? undefined : useOf(stored.keyring, principal)
    },
    findPools: async (collection, name, value) => {
      const records = await store.find(regionWideTerm(collection.name, name, value), '', { limit: 100 })
      return [...new Set(records.map(({ key }) => key.slice(0, key.indexOf('/')).replace(/^@/, '')))]
    },
    forget: (poolId) => {
      pools.delete(poolId)
      // Two histories of a pool may use one version for different values of a record.
      for (const key of opened.keys()) if (key.startsWith(`${poolId}/`)) opened.delete(key)
    },
    deletePool: async (poolId) => {
      await store.dropScope(poolId)
      await store.dropScope(`@${poolId}`)
      pools.delete(poolId)
    },
  }
}
