// What a store remembers of its reads, held against an engine that counts them and that a test can hold up.
import { expect, it } from 'vitest'
import { rememberingStore } from '../../src/store/remembering-store.ts'
import { Conflict, type Store, type StoreRecord } from '../../src/store/store.ts'

const record = (key: string, version: number): StoreRecord => ({
  key,
  version,
  value: Uint8Array.of(version),
  terms: ['t'],
})

/** An engine over a map, whose changes take hold when the test lets them. */
const heldEngine = () => {
  const records = new Map<string, StoreRecord>()
  let readCount = 0
  let release: () => void = () => {}
  let hold = Promise.resolve()
  const changed = async (change: () => void): Promise<void> => {
    await hold
    change()
  }
  const engine = {
    get: async (key: string) => {
      readCount += 1
      return records.get(key)
    },
    find: async (term: string, prefix: string) => {
      readCount += 1
      return [...records.values()].filter(({ key, terms }) => key.startsWith(prefix) && terms.includes(term))
    },
    commit: async ({ put = [], delete: deleted = [], check = [] }) => {
      await changed(() => {
        for (const { key, version } of check)
          if ((records.get(key)?.version ?? 0) !== version) throw new Conflict(key)
        for (const one of put) records.set(one.key, one)
        for (const key of deleted) records.delete(key)
      })
      return {}
    },
    applyLog: async (_stream, entries) => {
      await changed(() => {
        for (const { puts } of entries) for (const one of puts) records.set(one.key, one)
      })
      return { position: 1, epoch: 0, digest: '' }
    },
    copyPage: (_stream, page) =>
      changed(() => {
        for (const one of page) records.set(one.key, one)
      }),
    dropScope: (scope) =>
      changed(() => {
        for (const key of records.keys()) if (key.startsWith(`${scope}/`)) records.delete(key)
      }),
    beginCopy: (scope) => engine.dropScope(scope),
    close: async () => {},
  } as Partial<Store> as Store
  return {
    store: rememberingStore(engine),
    readCount: () => readCount,
    holdChanges: () => {
      hold = new Promise((resolve) => {
        release = resolve
      })
    },
    letChanges: () => release(),
  }
}

const key = 'p/users/a'
const versionIn = async (store: Store): Promise<number | undefined> => (await store.get(key))?.version
const foundIn = async (store: Store): Promise<number[]> =>
  (await store.find('t', 'p/users/', { limit: 10 })).map(({ version }) => version)

it('asks the engine once for a record, for one that is absent and for a search', async () => {
  const { store, readCount } = heldEngine()
  await store.commit({ put: [record(key, 1)] })
  for (let turn = 0; turn < 3; turn++) {
    expect(await versionIn(store)).toBe(1)
    expect(await store.get('p/users/nobody')).toBeUndefined()
    expect(await foundIn(store)).toEqual([1])
  }
  expect(readCount()).toBe(3)
})

const changes: readonly (readonly [string, (store: Store) => Promise<unknown>, number | undefined])[] = [
  ['a commit', (store) => store.commit({ put: [record(key, 2)] }), 2],
  ['a delete', (store) => store.commit({ delete: [key] }), undefined],
  [
    'a follower’s log',
    (store) =>
      store.applyLog('p', [
        { position: 1, epoch: 0, committedAtMs: 0, puts: [record(key, 2)], deletes: [], digest: '' },
      ]),
    2,
  ],
  ['a page of a copy', (store) => store.copyPage('p', [record(key, 2)], {}), 2],
  ['the beginning of a copy', (store) => store.beginCopy('p', 0, 0), undefined],
  ['a dropped scope', (store) => store.dropScope('p'), undefined],
]
for (const [name, change, after] of changes)
  it(`sees what the engine sees while ${name} is under way, and from its end on`, async () => {
    const { store, holdChanges, letChanges, readCount } = heldEngine()
    await store.commit({ put: [record(key, 1)] })
    expect(await versionIn(store)).toBe(1)
    expect(await foundIn(store)).toEqual([1])
    holdChanges()
    const changing = change(store)
    const before = readCount()
    expect(await versionIn(store)).toBe(1)
    expect(await foundIn(store)).toEqual([1])
    expect(readCount()).toBe(before + 2)
    letChanges()
    await changing
    expect(await versionIn(store)).toBe(after)
    expect(await foundIn(store)).toEqual(after === undefined ? [] : [after])
  })

it('reads again after a change that was refused', async () => {
  const { store, readCount } = heldEngine()
  await store.commit({ put: [record(key, 1)] })
  await versionIn(store)
  await expect(store.commit({ check: [{ key, version: 7 }], put: [record(key, 8)] })).rejects.toBeInstanceOf(
    Conflict,
  )
  expect(await versionIn(store)).toBe(1)
  expect(readCount()).toBe(2)
})

it('does not remember what was being read when a change began', async () => {
  const { store } = heldEngine()
  await store.commit({ put: [record(key, 1)] })
  const reading = versionIn(store)
  const changing = store.commit({ put: [record(key, 2)] })
  await Promise.all([reading, changing])
  expect(await versionIn(store)).toBe(2)
  expect(await foundIn(store)).toEqual([2])
})
