// Remembers what was read lately, for an engine through which every change of its records goes: one process over files of its own.
import { LRUCache } from 'lru-cache'
import { placeOf } from './keys.ts'
import type { Key, LogEntry, RangeOptions, Store, StoreRecord } from './store.ts'

const recordsMax = 5_000
const searchesMax = 2_000
const placesMax = 2_000
/** Larger answers are read anew each time, so that what is remembered stays below some 50 MiB. */
const answerBytesMax = 8 * 1024

type Search = { readonly place: object; readonly found: StoreRecord[] }

const bytesOf = (records: readonly StoreRecord[]): number =>
  records.reduce((sum, { value }) => sum + value.byteLength, 0)

const keysOf = (entries: readonly LogEntry[]): Key[] =>
  entries.flatMap(({ puts, deletes }) => [...puts, ...deletes].map(({ key }) => key))

/**
 * Answers `get`, and `find` within one place, from memory as long as nothing has begun to change there since: from the call of a change until
 * its end, whatever it ends in, what it touches is read from the engine. So nobody sees more or less than they would without this, and it
 * must not stand before an engine that others write to as well. Records are shared between those who read them.
 */
export const rememberingStore = (store: Store): Store => {
  const records = new LRUCache<Key, { readonly record: StoreRecord | undefined }>({ max: recordsMax })
  const searches = new LRUCache<string, Search>({ max: searchesMax })
  /** A place's stand-in until the place changes; searches of an earlier one don't count any more. */
  const places = new LRUCache<string, object>({ max: placesMax })
  const changing = new Map<string, number>()
  /** Changes under way of which it isn't known what they touch. */
  let sweepCount = 0
  /** Grows whenever a change begins: what was being read then is not remembered. */
  let changesBegun = 0

  const begin = (name: string): void => {
    changing.set(name, (changing.get(name) ?? 0) + 1)
  }
  const end = (name: string): void => {
    const left = (changing.get(name) ?? 1) - 1
    if (left === 0) changing.delete(name)
    else changing.set(name, left)
  }

  const whileChanging = async <Result>(
    keys: readonly Key[],
    work: () => Promise<Result>,
  ): Promise<Result> => {
    const touched = new Set(keys.flatMap((key) => [key, placeOf(key)]))
    changesBegun += 1
    for (const name of touched) {
      begin(name)
      records.delete(name)
      places.delete(name)
    }
    try {
      return await work()
    } finally {
      for (const name of touched) end(name)
    }
  }
  const whileSweeping = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    changesBegun += 1
    sweepCount += 1
    records.clear()
    places.clear()
    searches.clear()
    try {
      return await work()
    } finally {
      sweepCount -= 1
    }
  }
  const isSteady = (name: string): boolean => sweepCount === 0 && !changing.has(name)

  const get = async (key: Key): Promise<StoreRecord | undefined> => {
    if (!isSteady(key)) return store.get(key)
    const known = records.get(key)
    if (known !== undefined) return known.record
    const began = changesBegun
    const record = await store.get(key)
    if (began === changesBegun && (record?.value.byteLength ?? 0) <= answerBytesMax)
      records.set(key, { record })
    return record
  }

  const find = async (term: string, prefix: string, options: RangeOptions): Promise<StoreRecord[]> => {
    const name = placeOf(prefix)
    if (prefix !== `${name}/` || !isSteady(name)) return store.find(term, prefix, options)
    const { after = '', limit, reverse = false } = options
    const question = `${prefix}\n${term}\n${after}\n${limit}\n${reverse}`
    const known = searches.get(question)
    if (known !== undefined && known.place === places.get(name)) return [...known.found]
    const began = changesBegun
    const found = await store.find(term, prefix, options)
    if (began === changesBegun && bytesOf(found) <= answerBytesMax) {
      const place = places.get(name) ?? {}
      places.set(name, place)
      searches.set(question, { place, found })
    }
    return [...found]
  }

  return {
    ...store,
    get,
    find,
    commit: (commit) => {
      const { put = [], delete: deleted = [] } = commit
      return whileChanging([...put.map(({ key }) => key), ...deleted], () => store.commit(commit))
    },
    copyPage: (stream, page, progress) =>
      whileChanging(
        page.map(({ key }) => key),
        () => store.copyPage(stream, page, progress),
      ),
    applyLog: (stream, entries) => whileChanging(keysOf(entries), () => store.applyLog(stream, entries)),
    beginCopy: (stream, from, epoch) => whileSweeping(() => store.beginCopy(stream, from, epoch)),
    dropScope: (scope) => whileSweeping(() => store.dropScope(scope)),
    close: () => {
      // Never steady again: a closed store refuses, whatever is remembered.
      void whileSweeping(() => new Promise<never>(() => {}))
      return store.close()
    },
  }
}
