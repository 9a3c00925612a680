// What a search of sealed records guarantees, for any values: it finds exactly what was asked, page by page, and its terms tell little.
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { LRUCache } from 'lru-cache'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { type Collection, collection } from '../../src/vault/collection.ts'
import type { Records } from '../../src/vault/records.ts'
import { openScope } from '../../src/vault/scope.ts'
import { hmacText, searchedTerm, storeTerms } from '../../src/vault/search-hash.ts'

type Person = { readonly id: string; readonly name?: string; readonly town?: string }
const people = collection<Person, 'regional'>('test-searched', {
  locality: 'regional',
  keyOf: ({ id }) => id,
  terms: ({ id, name, town }) => [
    { name: 'id', value: id },
    ...(name === undefined ? [] : [{ name: 'name', value: name }]),
    ...(town === undefined ? [] : [{ name: 'town', value: town }]),
  ],
  beginnings: ['name', 'town'],
})

const folder = mkdtempSync(join(tmpdir(), 'twinpool-search-'))
const searchKey = systemRandom.bytes(32)
let store: Store
let fetchedCount = 0
/** Numbers the scopes, so that each has nothing in it but what its test makes. */
let scopeCount = 0

const newScope = () => {
  scopeCount += 1
  const dataKey = { id: 1, bytes: systemRandom.bytes(32) }
  return openScope<'regional'>(
    {
      replicatedScope: undefined,
      regionalScope: `@scope-${scopeCount}`,
      store: {
        ...store,
        findBeginning: async (...given) => {
          const found = await store.findBeginning(...given)
          fetchedCount += found.length
          return found
        },
      },
      clock: systemClock,
      random: systemRandom,
      opened: new LRUCache<string, { value: unknown }>({ max: 1 }),
      keys: async () => ({
        searchKey: Buffer.from(searchKey),
        current: dataKey,
        find: () => dataKey,
        ringVersion: 1,
        fenceVersion: 1,
      }),
      forgetKeys: () => {},
    },
    ['regional'],
  )
}

beforeAll(async () => {
  store = await openSqliteStore({ folder, clock: systemClock })
})

afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const everyPage = async (
  records: Records,
  search: Parameters<Records['find']>[1],
  limit: number,
): Promise<readonly string[]> => {
  const seen: string[] = []
  let after: string | undefined
  do {
    const page = await records.find(people, search, { limit, ...(after === undefined ? {} : { after }) })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    seen.push(...page.items.map(({ value }) => value.id))
    after = page.after
  } while (after !== undefined)
  return seen
}

/** Few characters, one of them two units long, so that values share beginnings; lengths on both sides of every filed length. */
const text = fc
  .array(fc.constantFrom('a', 'b', '-', '💜'), { maxLength: 40 })
  .map((characters) => characters.join(''))

test('a search finds exactly the records whose value is, or begins with, what was asked, each once, at any page size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name: text, town: text }, { requiredKeys: [] }), { maxLength: 25 }),
      fc.array(
        fc.record({
          name: fc.constantFrom('name', 'town'),
          of: fc.nat(),
          length: fc.nat({ max: 42 }),
          other: fc.option(text, { nil: undefined }),
          match: fc.constantFrom('exact' as const, 'prefix' as const),
          limit: fc.integer({ min: 1, max: 7 }),
        }),
        { minLength: 3, maxLength: 6 },
      ),
      async (made, asked) => {
        const records = newScope()
        const all = made.map((person, index): Person => ({ id: `p${index}`, ...person }))
        await records.commit((changes) => {
          for (const person of all) changes.create(people, person)
        })
        for (const { name, of, length, other, match, limit } of asked) {
          const searchedOf = (person: Person): string | undefined =>
            name === 'name' ? person.name : person.town
          const model = all[of % Math.max(all.length, 1)]
          const value =
            other ??
            Array.from((model === undefined ? undefined : searchedOf(model)) ?? '')
              .slice(0, length)
              .join('')
          const expected = all.filter((person) => {
            const own = searchedOf(person)
            return own !== undefined && (match === 'exact' ? own === value : own.startsWith(value))
          })
          const found = await everyPage(records, { name, value, match }, limit)
          expect([...found].sort()).toEqual(expected.map(({ id }) => id).sort())
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('the keyed hash is HMAC-SHA256, for any text and length', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.integer({ min: 1_000, max: 9_000 }).map((length) => 'ü'.repeat(length)),
      ),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      (text, key) => {
        expect(hmacText(key, text)).toBe(createHmac('sha256', key).update(text).digest('base64url'))
      },
    ),
  )
})

test('a search that has to sift through more than a page may open goes on in the next page, and misses nobody', async () => {
  const records = newScope()
  // Alike in the first 24 characters, and different before the next filed length, 32.
  const alike = 'an-address-that-begins-so'.slice(0, 24)
  const count = 4_500
  for (let from = 0; from < count; from += 500)
    await records.commit((changes) => {
      for (let index = from; index < from + 500; index += 1)
        changes.create(people, { id: `p${index}`, name: `${alike}${String(index).padStart(5, '0')}` })
    })
  const search = { name: 'name', value: `${alike}0449`, match: 'prefix' as const }
  const first = await records.find(people, search, { limit: 60 })
  expect(first.after).toBeDefined()
  const found = await everyPage(records, search, 60)
  expect([...found].sort()).toEqual(Array.from({ length: 10 }, (_, digit) => `p449${digit}`))
})

test('what a search fetches depends on its page, not on how many records pass', async () => {
  const records = newScope()
  for (const size of [50, 1_000]) {
    await records.commit((changes) => {
      for (let index = 0; index < size; index += 1)
        changes.create(people, { id: `${size}-${index}`, name: `person-${size}-${index}` })
    })
    fetchedCount = 0
    const page = await records.find(people, { name: 'name', value: 'person', match: 'prefix' }, { limit: 10 })
    expect(page.items).toHaveLength(10)
    expect(fetchedCount).toBe(11)
  }
})

test('a position that no search handed out finds nothing', async () => {
  const records = newScope()
  await records.commit((changes) => changes.create(people, { id: 'a', name: 'ann' }))
  const search = { name: 'name', value: 'a', match: 'prefix' as const }
  expect((await records.find(people, search, { limit: 5, after: 'x' })).items).toEqual([])
})

test('a term that is searched by its beginning tells neither the value’s length nor, without the key, that two pools share it', () => {
  const termOf = (value: string, key: Uint8Array = searchKey) =>
    storeTerms(key, people, [{ name: 'name', value }])[0] ?? ''
  const lengths = ['', 'a', 'ann', 'ann@example.com', 'x'.repeat(500)].map((value) => termOf(value).length)
  expect(new Set(lengths).size).toBe(1)
  expect(termOf('ann', systemRandom.bytes(32)).slice(0, 8)).not.toBe(termOf('ann').slice(0, 8))
})

test('terms of values that begin alike begin alike, and only there', () => {
  const [one = '', two = '', three = ''] = ['person-1@a.b', 'person-2@a.b', 'qerson-1@a.b'].map(
    (value) => storeTerms(searchKey, people, [{ name: 'name', value }])[0],
  )
  const { term: shared } = searchedTerm(searchKey, people, {
    name: 'name',
    value: 'person-',
    match: 'prefix',
  })
  expect([one, two, three].map((term) => term.startsWith(shared))).toEqual([true, true, false])
  expect(one.slice(shared.length)).not.toBe(two.slice(shared.length))
})

test('a record has one value of a name that is searched by its beginning, and other names are not searched so', async () => {
  const terms = [
    { name: 'name', value: 'ann' },
    { name: 'name', value: 'bob' },
  ]
  expect(() => storeTerms(searchKey, people as Collection<Person>, terms)).toThrow('two values of name')
  const search = { name: 'id', value: 'p', match: 'prefix' as const }
  await expect(newScope().find(people, search, { limit: 5 })).rejects.toThrow('by the beginning of id')
})
