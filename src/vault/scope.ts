// Records of one scope over the store: sealed on the way in, opened on the way out, found through keyed hashes.
import type { LRUCache } from 'lru-cache'
import type { Check, FoundPosition, Put, Store, StoreRecord } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Collection, Locality, SearchTerm } from './collection.ts'
import { dataKeyIdOf, open, SealBroken, seal } from './envelope.ts'
import type { OpenKeys } from './keyring.ts'
import type { Changes, Page, PageOptions, Records, Stored, WritableRecords } from './records.ts'
import {
  decodePosition,
  encodePosition,
  hashedKey,
  type Search,
  searchedTerm,
  storeTerms,
} from './search-hash.ts'

/** How many records one search may open before it hands back a short page. */
const openedPerPageMax = 2_000
/** How many store keys of settings one scope remembers. */
const knownKeysMax = 500
/** A search that sifts much fetches more at a time, up to so many records. */
const fetchedMax = 200

export type ScopeOptions = {
  /** Where replicated records lie: the pool ID, or undefined for the Region's own scope. */
  readonly replicatedScope: string | undefined
  readonly regionalScope: string
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly opened: LRUCache<string, { value: unknown }>
  keys(): Promise<OpenKeys>
  /** Drops the kept keys, for a record that was sealed under a key newer than they are. */
  forgetKeys(): void
}

const plainKey = /^[A-Za-z0-9_-]+$/

const termMatches = (term: SearchTerm, search: Search): boolean =>
  term.name === search.name &&
  (search.match === 'prefix' ? term.value.startsWith(search.value) : term.value === search.value)

/** Records of a scope. `writes` says which collections its commits may touch; anything else throws before anything is written. */
export const openScope = <Where extends Locality>(
  options: ScopeOptions,
  writes: readonly Where[],
): WritableRecords<Where> => {
  const { store } = options

  const placeOf = (collection: Collection<never>): string => {
    const scope = collection.locality === 'replicated' ? options.replicatedScope : options.regionalScope
    if (scope === undefined)
      throw new Error(`${collection.name} is replicated, and this scope is a Region's own`)
    return `${scope}/${collection.name}`
  }
  const place = <Value>(collection: Collection<Value>): string =>
    placeOf(collection as unknown as Collection<never>)

  /** Store keys of settings, which every request reads again; under the search key that made them. */
  const knownKeys = new Map<string, string>()
  let knownUnder: Uint8Array | undefined

  const sealedKey = <Value>(collection: Collection<Value>, naturalKey: string, { searchKey }: OpenKeys) => {
    const name = `${place(collection)}/`
    if (!collection.isCached) return name + hashedKey(searchKey, collection.name, naturalKey)
    if (searchKey !== knownUnder || knownKeys.size >= knownKeysMax) knownKeys.clear()
    knownUnder = searchKey
    const known = knownKeys.get(name + naturalKey)
    if (known !== undefined) return known
    const made = name + hashedKey(searchKey, collection.name, naturalKey)
    knownKeys.set(name + naturalKey, made)
    return made
  }

  const storeKey = async <Value>(collection: Collection<Value>, naturalKey: string): Promise<string> => {
    if (collection.isSealed) return sealedKey(collection, naturalKey, await options.keys())
    if (!plainKey.test(naturalKey)) throw new Error(`${collection.name} takes plain keys only`)
    return `${place(collection)}/${naturalKey}`
  }

  const openRecord = async <Value>(
    collection: Collection<Value>,
    record: StoreRecord,
  ): Promise<Stored<Value>> => {
    const { key, version } = record
    if (!collection.isSealed)
      return { key, version, value: JSON.parse(Buffer.from(record.value).toString('utf8')) as Value }
    let keys = await options.keys()
    const cacheKey = `${key}@${version}`
    const kept = collection.isCached ? options.opened.get(cacheKey) : undefined
    if (kept !== undefined) return { key, version, value: kept.value as Value }
    const id = dataKeyIdOf(record.value)
    if (keys.find(id) === undefined) {
      options.forgetKeys()
      keys = await options.keys()
    }
    const dataKey = keys.find(id)
    if (dataKey === undefined)
      throw new SealBroken(`a record of ${collection.name} is sealed under a key that is not on the ring`)
    const value = JSON.parse(open(dataKey, record.value, cacheKey).toString('utf8')) as Value
    if (collection.isCached) options.opened.set(cacheKey, { value })
    return { key, version, value }
  }

  const lastSegment = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

  /** A record, and where a page that ends with it is to go on. */
  type Fetched = { readonly record: StoreRecord; readonly position: string }

  const inKeyOrder =
    <Value>(
      collection: Collection<Value>,
      read: (options: { after?: string; limit: number }) => Promise<StoreRecord[]>,
    ) =>
    async (after: string | undefined, limit: number): Promise<readonly Fetched[]> => {
      const records = await read({
        ...(after === undefined ? {} : { after: `${place(collection)}/${after}` }),
        limit,
      })
      return records.map((record) => ({ record, position: lastSegment(record.key) }))
    }

  const inTermOrder =
    <Value>(collection: Collection<Value>, beginning: string) =>
    async (after: string | undefined, limit: number): Promise<readonly Fetched[]> => {
      const position = after === undefined ? undefined : decodePosition(after)
      // Nothing is found after what no search handed out.
      if (after !== undefined && position === undefined) return []
      const from: { after?: FoundPosition } =
        position === undefined
          ? {}
          : { after: { term: position.term, key: `${place(collection)}/${position.lastSegment}` } }
      const found = await store.findBeginning(beginning, place(collection), { ...from, limit })
      return found.map(({ term, record }) => ({
        record,
        position: encodePosition(term, lastSegment(record.key)),
      }))
    }

  /** Fetches pages until `limit` records passed `isWanted`, there are no more, or too many were opened. */
  const sift = async <Value>(
    collection: Collection<Value>,
    page: PageOptions,
    fetch: (after: string | undefined, limit: number) => Promise<readonly Fetched[]>,
    isWanted: (value: Value) => boolean,
  ): Promise<Page<Value>> => {
    const items: Stored<Value>[] = []
    let { after } = page
    let fetchSize = page.limit + 1
    for (let openedCount = 0; openedCount < openedPerPageMax; ) {
      const fetched = await fetch(after, fetchSize)
      for (const { record, position } of fetched) {
        if (items.length === page.limit) return { items, ...(after === undefined ? {} : { after }) }
        const stored = await openRecord(collection, record)
        openedCount += 1
        after = position
        if (isWanted(stored.value)) items.push(stored)
      }
      if (fetched.length < fetchSize) return { items }
      fetchSize = Math.max(fetchSize, Math.min(fetchSize * 2, fetchedMax))
    }
    return after === undefined ? { items } : { items, after }
  }

  const records: Records = {
    get: async (collection, naturalKey) => {
      const record = await store.get(await storeKey(collection, naturalKey))
      return record === undefined ? undefined : openRecord(collection, record)
    },
    list: (collection, page) =>
      sift(
        collection,
        page,
        inKeyOrder(collection, (options) => store.range(`${place(collection)}/`, options)),
        () => true,
      ),
    find: async (collection, search, page) => {
      const { kind, term } = searchedTerm((await options.keys()).searchKey, collection, search)
      const fetch =
        kind === 'beginning'
          ? inTermOrder(collection, term)
          : inKeyOrder(collection, (options) => store.find(term, `${place(collection)}/`, options))
      return sift(collection, page, fetch, (value) =>
        collection.terms(value).some((candidate) => termMatches(candidate, search)),
      )
    },
    count: (collection) => store.count(placeOf(collection as Collection<never>)),
  }

  type Step =
    | { readonly kind: 'check'; readonly check: Check }
    | { readonly kind: 'delete'; readonly check: Check }
    | {
        readonly kind: 'put'
        readonly collection: Collection<unknown>
        readonly key: string
        readonly base: number
        readonly value: unknown
      }

  const commit = async (build: (changes: Changes<Where>) => void): Promise<void> => {
    const keys = await options.keys()
    const steps: Step[] = []
    const nowVersion = options.clock.now() * 1_000
    const mayWrite = (collection: { readonly name: string; readonly locality: Locality }): void => {
      if (!(writes as readonly Locality[]).includes(collection.locality))
        throw new Error(
          `${collection.name} is ${collection.locality} data: it can't be written on this replica`,
        )
    }
    const keyFor = <Value>(collection: Collection<Value>, value: Value): string => {
      const naturalKey = collection.keyOf(value)
      if (collection.isSealed)
        return `${place(collection)}/${hashedKey(keys.searchKey, collection.name, naturalKey)}`
      if (!plainKey.test(naturalKey)) throw new Error(`${collection.name} takes plain keys only`)
      return `${place(collection)}/${naturalKey}`
    }
    build({
      create: (collection, value) => {
        mayWrite(collection)
        steps.push({
          kind: 'put',
          collection: collection as unknown as Collection<unknown>,
          key: keyFor(collection, value),
          base: 0,
          value,
        })
      },
      replace: (collection, stored, value) => {
        mayWrite(collection)
        if (keyFor(collection, value) !== stored.key)
          throw new Error(`a record of ${collection.name} can't change its key`)
        steps.push({
          kind: 'put',
          collection: collection as unknown as Collection<unknown>,
          key: stored.key,
          base: stored.version,
          value,
        })
      },
      delete: (collection, stored) => {
        mayWrite(collection)
        steps.push({ kind: 'delete', check: { key: stored.key, version: stored.version } })
      },
      expect: (stored) => {
        steps.push({ kind: 'check', check: { key: stored.key, version: stored.version } })
      },
    })
    if (steps.length === 0) return
    const check: Check[] = []
    const put: Put[] = []
    const deleted: string[] = []
    for (const step of steps) {
      if (step.kind !== 'put') {
        check.push(step.check)
        if (step.kind === 'delete') deleted.push(step.check.key)
        continue
      }
      const { collection, key, base, value } = step
      check.push({ key, version: base })
      const version = Math.max(base + 1, nowVersion)
      const plain = Buffer.from(JSON.stringify(value))
      put.push({
        key,
        version,
        value: collection.isSealed ? seal(keys.current, plain, `${key}@${version}`, options.random) : plain,
        terms: storeTerms(keys.searchKey, collection, collection.terms(value)),
      })
    }
    const { replicatedScope } = options
    const touchesStream =
      replicatedScope !== undefined &&
      [...put.map(({ key }) => key), ...deleted].some((key) => key.startsWith(`${replicatedScope}/`))
    await store.commit({
      check,
      put,
      delete: deleted,
      ...(touchesStream && replicatedScope !== undefined ? { stream: replicatedScope } : {}),
    })
  }

  return { ...records, commit }
}
