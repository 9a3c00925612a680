// The vault of a Region: opens the sealed records of each pool, and of the Region itself, through the key that wraps their data keys.
import { LRUCache } from 'lru-cache'
import type { Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { Fault } from '../wire/fault.ts'
import type { Collection, Locality } from './collection.ts'
import type { DataKey } from './envelope.ts'
import type { KeyServiceClient, PoolKeyUse, ServicePrincipal } from './key-service-client.ts'
import { customerKeyWrapper, regionKeyWrapper } from './key-wrapper.ts'
import {
  type Keyring,
  type KeyWrapper,
  keyCache,
  keyringKeyOf,
  makeKeyring,
  type OpenKeys,
  openKeyring,
  readKeyring,
  rewrapKeyring,
} from './keyring.ts'
import type { WritableRecords } from './records.ts'
import { openScope } from './scope.ts'
import { regionWideTerm } from './search-hash.ts'

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
  /** Makes a pool's keyring under the customer's key, or the Region's own. Rejects with a Fault when the key can't be used. */
  createPool(poolId: string, about: { readonly poolArn: string; readonly kmsKeyArn?: string }): Promise<void>
  /** Wraps the pool's data keys under another key. What is sealed stays readable throughout. */
  changeKey(poolId: string, kmsKeyArn: string | undefined): Promise<void>
  /** The customer managed key that the pool is on, as the primary Region names it; undefined for the service-owned key. */
  kmsKeyArnOf(poolId: string): Promise<string | undefined>
  /** How this Region calls the key service for the pool, as the given principal; undefined for a pool on the service-owned key. */
  keyUse(poolId: string, principal: ServicePrincipal): Promise<PoolKeyUse | undefined>
  /** The pools of this Region that hold a record with this region-wide term. */
  findPools<Value>(collection: Collection<Value>, name: string, value: string): Promise<readonly string[]>
  /** Forgets opened keys of a pool, after its keyring changed or the pool was dropped. */
  forget(poolId: string): void
  /** Drops all that this Region holds of a pool, keyring and change log included. Does nothing for one that isn't here. */
  deletePool(poolId: string): Promise<void>
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
    const stored = await readKeyring(store, scope)
    if (stored === undefined)
      throw new Fault('ResourceNotFoundException', `User pool ${scope} does not exist.`)
    return openKeyring(stored.keyring, wrapperFor(scope, stored.keyring))
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

  type OpenPool = { readonly vault: PoolVault; forgetKeys(): void }
  const pools = new LRUCache<string, OpenPool>({ max: openPoolsMax })
  const openPool = (poolId: string): OpenPool => {
    const known = pools.get(poolId)
    if (known !== undefined) return known
    const cache = keyCache({ clock, lifetimeMs: options.dataKeyLifetimeMs, load: () => load(poolId) })
    const scope = {
      replicatedScope: poolId,
      regionalScope: `@${poolId}`,
      store,
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
      forgetKeys: cache.forget,
    }
    pools.set(poolId, made)
    return made
  }

  const putKeyring = async (poolId: string, keyring: Keyring, base: number): Promise<void> => {
    const key = keyringKeyOf(poolId)
    const version = Math.max(base + 1, clock.now() * 1_000)
    await store.commit({
      check: [{ key, version: base }],
      put: [{ key, version, value: Buffer.from(JSON.stringify(keyring)), terms: [] }],
      stream: poolId,
    })
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
    createPool: async (poolId, about) => {
      await putKeyring(poolId, await makeKeyring(wrapperFor(poolId, about), about), 0)
    },
    changeKey: async (poolId, kmsKeyArn) => {
      const stored = await readKeyring(store, poolId)
      if (stored === undefined)
        throw new Fault('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
      const { keyring, version } = stored
      const target = { poolArn: keyring.poolArn, ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }) }
      const rewrapped = await rewrapKeyring(
        keyring,
        wrapperFor(poolId, keyring),
        wrapperFor(poolId, target),
        kmsKeyArn,
      )
      await putKeyring(poolId, rewrapped, version)
      openPool(poolId).forgetKeys()
    },
    kmsKeyArnOf: async (poolId) => (await readKeyring(store, poolId))?.keyring.kmsKeyArn,
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
    },
    deletePool: async (poolId) => {
      await store.dropScope(poolId)
      await store.dropScope(`@${poolId}`)
      pools.delete(poolId)
    },
  }
}
