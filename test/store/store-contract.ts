// The contract of the store port: any engine runs this suite and must pass all of it.
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { digestOf, emptyDigest } from '../../src/store/digest.ts'
import type { Put, Store } from '../../src/store/store.ts'
import { Conflict } from '../../src/store/store.ts'
import { followerContract } from './follower-contract.ts'
import { allRecords, keysOf, record, shown } from './records.ts'

/** `open` makes a new, empty store each time; its clock stands at `contractNowMs`. */
export const storeContract = (name: string, open: () => Promise<Store>): void => {
  describe(`${name} keeps the store's contract`, () => {
    const opened: Store[] = []
    const openOne = async (): Promise<Store> => {
      const store = await open()
      opened.push(store)
      return store
    }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()))
    })
    recordContract(openOne)
    searchContract(openOne)
    commitContract(openOne)
    logContract(openOne)
    followerContract(openOne)
  })
}

export const contractNowMs = 1_800_000_000_000

type Open = () => Promise<Store>

const recordContract = (open: Open): void => {
  describe('records', () => {
    test('a committed record is read back with its version, value and terms', async () => {
      const store = await open()
      await store.commit({ put: [record('@region/things/a', 7, 'value', ['t2', 't1'])] })
      expect(shown(await store.get('@region/things/a'))).toEqual({
        key: '@region/things/a',
        version: 7,
        value: 'value',
        terms: ['t2', 't1'],
      })
    })

    test('an absent key is undefined', async () => {
      const store = await open()
      expect(await store.get('@region/things/a')).toBeUndefined()
    })

    test('an empty value and versions up to the largest safe integer are kept', async () => {
      const store = await open()
      await store.commit({ put: [record('@region/things/a', Number.MAX_SAFE_INTEGER, '')] })
      const found = await store.get('@region/things/a')
      expect(found?.version).toBe(Number.MAX_SAFE_INTEGER)
      expect(found?.value.byteLength).toBe(0)
    })

    test('bytes of every value are kept as they were when commit was called', async () => {
      const store = await open()
      const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      const expected = new Uint8Array(value)
      const committed = store.commit({ put: [{ key: '@region/things/a', version: 1, value, terms: [] }] })
      value.fill(0)
      await committed
      expect(new Uint8Array((await store.get('@region/things/a'))?.value ?? [])).toEqual(expected)
    })

    test('getMany answers in the order asked for, with gaps for absent keys, up to 1,000', async () => {
      const store = await open()
      await store.commit({ put: [record('@region/things/a', 1, 'A'), record('@region/things/b', 1, 'B')] })
      const found = await store.getMany(['@region/things/b', '@region/things/x', '@region/things/a'])
      expect(found.map((one) => one?.key)).toEqual(['@region/things/b', undefined, '@region/things/a'])
      const many = Array.from({ length: 1_001 }, (_, n) => `@region/things/${n}`)
      await expect(store.getMany(many)).rejects.toThrow(RangeError)
    })

    test('count follows puts, replacements and deletes', async () => {
      const store = await open()
      expect(await store.count('pool/users')).toBe(0)
      const put = [
        record('pool/users/a', 1, ''),
        record('pool/users/b', 1, ''),
        record('pool/groups/a', 1, ''),
      ]
      await store.commit({ stream: 'pool', put })
      await store.commit({ stream: 'pool', put: [record('pool/users/a', 2, '')] })
      expect([await store.count('pool/users'), await store.count('pool/groups')]).toEqual([2, 1])
      await store.commit({ stream: 'pool', delete: ['pool/users/a', 'pool/users/absent'] })
      expect([await store.count('pool/users'), await store.count('pool/groups')]).toEqual([1, 1])
      await expect(store.count('pool')).rejects.toThrow(RangeError)
    })

    test('counters add up, below zero too, and begin at 0', async () => {
      const store = await open()
      expect(await store.counter('@region/n/a')).toBe(0)
      const additions = [3, 4, -10].map((amount) => ({ key: '@region/n/a', amount }))
      await Promise.all(additions.map((addition) => store.commit({ add: [addition] })))
      expect(await store.counter('@region/n/a')).toBe(-3)
      await store.commit({ add: additions })
      expect(await store.counter('@region/n/a')).toBe(-6)
    })
  })
}

/** Keys over few characters, so that many share beginnings, with those at either end of the printable ones. */
const segment = fc.string({ unit: fc.constantFrom('a', 'b', '~', '!', ' ', '0'), minLength: 1, maxLength: 3 })
const keyArbitrary = fc.tuple(segment, segment, segment).map(([pool, name, id]) => `@${pool}/${name}/${id}`)
const termArbitrary = fc.constantFrom('t1', 't2', 'u', '~r')
const recordArbitrary = fc.record({
  key: keyArbitrary,
  version: fc.integer({ min: 1, max: 1_000 }),
  value: fc.uint8Array({ maxLength: 8 }),
  terms: fc.uniqueArray(termArbitrary),
})

const searchContract = (open: Open): void => {
  describe('range and find', () => {
    test('find and range give the same as sifting all records by hand, whatever prefix, bound, order and limit', async () => {
      const store = await open()
      const model = new Map<string, Put>()
      const change = fc.record({
        puts: fc.uniqueArray(recordArbitrary, { maxLength: 8, selector: ({ key }) => key }),
        deleted: fc.uniqueArray(keyArbitrary, { maxLength: 2 }),
      })
      const question = fc.record({
        key: keyArbitrary,
        prefixLength: fc.nat({ max: 12 }),
        after: fc.option(keyArbitrary, { nil: undefined }),
        limit: fc.integer({ min: 1, max: 6 }),
        reverse: fc.boolean(),
        term: termArbitrary,
      })
      await fc.assert(
        fc.asyncProperty(
          change,
          fc.array(question, { minLength: 5, maxLength: 10 }),
          async (changes, asked) => {
            const put = changes.puts.map((one) => ({
              ...one,
              version: (model.get(one.key)?.version ?? 0) + one.version,
            }))
            const deleted = changes.deleted.filter((key) => !put.some((one) => one.key === key))
            await store.commit({ put, delete: deleted })
            for (const one of put) model.set(one.key, one)
            for (const key of deleted) model.delete(key)
            const sorted = [...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
            for (const { key, prefixLength, after, limit, reverse, term } of asked) {
              const prefix = key.slice(0, prefixLength)
              const candidates = sorted.filter(
                (one) =>
                  one.key.startsWith(prefix) &&
                  (after === undefined || (reverse ? one.key < after : one.key > after)),
              )
              const ordered = reverse ? candidates.reverse() : candidates
              const options = { after, limit, reverse }
              const ranged = await store.range(prefix, options)
              expect(ranged.map(shown)).toEqual(ordered.slice(0, limit).map(shown))
              const carrying = ordered.filter((one) => one.terms.includes(term))
              const expected = carrying.slice(0, limit).map(shown)
              if (term.startsWith('~') || prefix.split('/').length > 2)
                expect((await store.find(term, prefix, options)).map(shown)).toEqual(expected)
              else await expect(store.find(term, prefix, options)).rejects.toThrow(RangeError)
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    test('a record is found by its present terms only', async () => {
      const store = await open()
      await store.commit({ put: [record('@region/things/a', 1, '', ['old', 'both'])] })
      await store.commit({ put: [record('@region/things/a', 2, '', ['both', 'new'])] })
      const found = async (term: string) => keysOf(await store.find(term, '@region/things/', { limit: 5 }))
      expect(await found('old')).toEqual([])
      expect(await found('both')).toEqual(['@region/things/a'])
      expect(await found('new')).toEqual(['@region/things/a'])
      await store.commit({ delete: ['@region/things/a'] })
      expect(await found('both')).toEqual([])
    })

    test('an empty prefix finds a region-wide term in every scope, in key order, and no other term', async () => {
      const store = await open()
      await store.commit({ stream: 'b', put: [record('b/clients/1', 1, '', ['~t', 't'])] })
      await store.commit({ stream: 'a', put: [record('a/clients/1', 1, '', ['~t', 't'])] })
      const found = async (prefix: string) => keysOf(await store.find('~t', prefix, { limit: 5 }))
      expect(await found('')).toEqual(['a/clients/1', 'b/clients/1'])
      expect(await found('a/')).toEqual(['a/clients/1'])
      expect(await found('b/clients/')).toEqual(['b/clients/1'])
      await store.dropScope('a')
      expect(await found('')).toEqual(['b/clients/1'])
      await expect(store.find('t', '', { limit: 5 })).rejects.toThrow(RangeError)
      await expect(store.find('t', 'b/', { limit: 5 })).rejects.toThrow(RangeError)
    })

    test('pages of a search by the beginning of a term meet each record once for each such term, in the order of term and key', async () => {
      const store = await open()
      const put = Array.from({ length: 60 }, (_, n) =>
        record(`pool/users/${n}`, 1, '', [`aa${n % 7}`, `ab${n}`, 'b', `~aa${n}`]),
      )
      await store.commit({ stream: 'pool', put })
      await store.commit({
        stream: 'other',
        put: [record('other/users/0', 1, '', ['aa0']), record('other/userss/0', 1, '', ['aa0'])],
      })
      const pages = async (beginning: string, limit: number) => {
        const seen: { term: string; key: string }[] = []
        for (let after: { term: string; key: string } | undefined; ; ) {
          const page = await store.findBeginning(beginning, 'pool/users', {
            limit,
            ...(after === undefined ? {} : { after }),
          })
          seen.push(...page.map(({ term, record: { key } }) => ({ term, key })))
          after = seen.at(-1)
          if (page.length < limit) return seen
        }
      }
      for (const [beginning, limit] of [
        ['a', 7],
        ['aa', 1],
        ['aa3', 4],
        ['ab1', 100],
        ['c', 5],
      ] as const) {
        const expected = put
          .flatMap(({ key, terms }) => terms.map((term) => ({ term, key })))
          .filter(({ term }) => term.startsWith(beginning))
          .sort((one, two) => (`${one.term} ${one.key}` < `${two.term} ${two.key}` ? -1 : 1))
        expect(await pages(beginning, limit)).toEqual(expected)
      }
    })

    test('a search by the beginning of a term starts at its beginning when told to start before it, and ends behind it', async () => {
      const store = await open()
      await store.commit({ stream: 'pool', put: [record('pool/users/a', 1, '', ['b1'])] })
      const found = async (term: string) =>
        (
          await store.findBeginning('b', 'pool/users', { after: { term, key: 'pool/users/z' }, limit: 5 })
        ).map(({ record: { key } }) => key)
      expect(await found('a')).toEqual(['pool/users/a'])
      expect(await found('c')).toEqual([])
      await expect(store.findBeginning('~b', 'pool/users', { limit: 5 })).rejects.toThrow(RangeError)
      await expect(store.findBeginning('', 'pool/users', { limit: 5 })).rejects.toThrow(RangeError)
      await expect(store.findBeginning('b', 'pool', { limit: 5 })).rejects.toThrow(RangeError)
    })

    test.each([0, -1, 1.5, 10_001])('a limit of %d is refused', async (limit) => {
      const store = await open()
      await expect(store.range('a/', { limit })).rejects.toThrow(RangeError)
      await expect(store.find('t', 'a/', { limit })).rejects.toThrow(RangeError)
    })
  })
}

const commitContract = (open: Open): void => {
  describe('commits', () => {
    test('a failed check rejects with Conflict naming the key, and nothing of the commit happens', async () => {
      const store = await open()
      await store.commit({ stream: 'pool', put: [record('pool/users/a', 5, 'A')] })
      const attempt = store.commit({
        stream: 'pool',
        check: [
          { key: 'pool/users/a', version: 5 },
          { key: 'pool/users/b', version: 1 },
        ],
        put: [record('pool/users/a', 6, 'changed'), record('pool/users/c', 1, 'C')],
        add: [{ key: 'pool/n/a', amount: 1 }],
      })
      await expect(attempt).rejects.toSatisfy(
        (error) => error instanceof Conflict && error.key === 'pool/users/b',
      )
      expect(keysOf(await allRecords(store, 'pool'))).toEqual(['pool/users/a'])
      expect(shown(await store.get('pool/users/a'))?.value).toBe('A')
      expect(await store.counter('pool/n/a')).toBe(0)
      expect((await store.head('pool')).position).toBe(1)
    })

    test('a check of version 0 holds only while the key is absent', async () => {
      const store = await open()
      const create = () =>
        store.commit({
          check: [{ key: '@region/things/a', version: 0 }],
          put: [record('@region/things/a', 1, '')],
        })
      await create()
      await expect(create()).rejects.toThrow(Conflict)
    })

    test('of many concurrent commits that expect the same version exactly one happens', async () => {
      const store = await open()
      await store.commit({ put: [record('@region/things/a', 1, '')] })
      const attempts = Array.from({ length: 50 }, (_, n) =>
        store.commit({
          check: [{ key: '@region/things/a', version: 1 }],
          put: [record('@region/things/a', 2, String(n)), record(`@region/winners/${n}`, 1, '')],
        }),
      )
      const outcomes = await Promise.allSettled(attempts)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const losers = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
      expect(losers.every((reason) => reason instanceof Conflict)).toBe(true)
      const winner = shown(await store.get('@region/things/a'))?.value
      expect(keysOf(await store.range('@region/winners/', { limit: 100 }))).toEqual([
        `@region/winners/${winner}`,
      ])
    })

    test('increments with checks and retries lose no update', async () => {
      const store = await open()
      const key = '@region/things/n'
      const increment = async (): Promise<void> => {
        for (;;) {
          const found = await store.get(key)
          const version = found?.version ?? 0
          const next = String(Number(shown(found)?.value ?? '0') + 1)
          try {
            await store.commit({ check: [{ key, version }], put: [record(key, version + 1, next)] })
            return
          } catch (error) {
            if (!(error instanceof Conflict)) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      expect(shown(await store.get(key))).toMatchObject({ version: 20, value: '20' })
    })

    test('a refused commit does not hurt those beside it', async () => {
      const store = await open()
      await store.commit({ put: [record('@region/things/taken', 5, '')] })
      const outcomes = await Promise.allSettled([
        store.commit({ put: [record('@region/things/a', 1, '')] }),
        store.commit({ check: [{ key: '@region/things/x', version: 9 }] }),
        store.commit({ put: [record('@region/things/taken', 5, '')] }),
        store.commit({ put: [record('@region/things/b', 1, '')] }),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
      expect(await store.count('@region/things')).toBe(3)
    })

    test('reads see every commit that has resolved', async () => {
      const store = await open()
      for (let version = 1; version <= 50; version += 1) {
        await store.commit({ put: [record('@region/things/a', version, '')] })
        expect((await store.get('@region/things/a'))?.version).toBe(version)
      }
    })

    const refused: Readonly<Record<string, Parameters<Store['commit']>[0]>> = {
      'a put whose version does not grow': { put: [record('@region/things/there', 10, '')] },
      'a version of 0': { put: [record('@region/things/a', 0, '')] },
      'a version that is not whole': { put: [record('@region/things/a', 1.5, '')] },
      'a key of two segments': { put: [record('@region/things', 1, '')] },
      'a key with an empty segment': { put: [record('@region//a', 1, '')] },
      'a key outside printable ASCII': { put: [record('@region/things/ä', 1, '')] },
      'a key that is too long': { put: [record(`@region/things/${'a'.repeat(600)}`, 1, '')] },
      'an empty term': { put: [record('@region/things/a', 1, '', [''])] },
      'a malformed key to delete': { delete: ['nothing'] },
      'a malformed key to check': { check: [{ key: 'a/b', version: 0 }] },
      'an addition that is not whole': { add: [{ key: '@region/n/a', amount: 0.5 }] },
      'a counter that overflows': {
        add: [
          { key: '@region/n/a', amount: Number.MAX_SAFE_INTEGER },
          { key: '@region/n/a', amount: 1 },
        ],
      },
      'a key put twice': { put: [record('@region/things/a', 1, ''), record('@region/things/a', 2, '')] },
      'a key put and deleted': { put: [record('@region/things/a', 1, '')], delete: ['@region/things/a'] },
      'a put into a stream without naming it': { put: [record('pool/users/a', 1, '')] },
      'a delete in a stream without naming it': { delete: ['pool/users/a'] },
      "a put into another stream's scope": { stream: 'pool', put: [record('other/users/a', 1, '')] },
      "a delete in another stream's scope": { stream: 'pool', delete: ['other/users/a'] },
      'a regional scope as the stream': { stream: '@region', put: [record('@region/things/a', 1, '')] },
      'more than fits into one commit': {
        put: Array.from({ length: 9 }, (_, n) => record(`@region/things/${n}`, 1, 'x'.repeat(1024 * 1024))),
      },
    }
    test.each(Object.entries(refused))('%s is a RangeError and changes nothing', async (_, commit) => {
      const store = await open()
      await store.commit({ put: [record('@region/things/there', 10, '')] })
      await expect(store.commit(commit)).rejects.toThrow(RangeError)
      expect(keysOf(await allRecords(store, '@region'))).toEqual(['@region/things/there'])
      expect(await allRecords(store, 'pool')).toEqual([])
      expect(await store.counter('@region/n/a')).toBe(0)
    })
  })
}

const logContract = (open: Open): void => {
  describe('the change log', () => {
    test('a stream never written is at position 0, epoch 0, with the digest of nothing', async () => {
      const store = await open()
      expect(await store.head('pool')).toEqual({ position: 0, epoch: 0, digest: emptyDigest })
      expect(await store.readLog('pool', 0, 10)).toEqual([])
    })

    test('each commit becomes one entry with its replicated changes, in order, and no regional ones', async () => {
      const store = await open()
      const first = await store.commit({
        stream: 'pool',
        put: [record('pool/users/a', 3, 'A', ['t']), record('@pool/sessions/a', 1, 'S')],
        add: [{ key: '@pool/n/a', amount: 1 }],
      })
      const second = await store.commit({
        stream: 'pool',
        put: [record('pool/users/b', 1, 'B')],
        delete: ['pool/users/a', 'pool/users/absent', '@pool/sessions/a'],
      })
      expect([first, second]).toEqual([{ position: 1 }, { position: 2 }])
      const log = await store.readLog('pool', 0, 10)
      expect(log.map(({ puts, ...rest }) => ({ ...rest, puts: puts.map(shown) }))).toEqual([
        {
          position: 1,
          epoch: 0,
          committedAtMs: contractNowMs,
          puts: [{ key: 'pool/users/a', version: 3, value: 'A', terms: ['t'] }],
          deletes: [],
          digest: digestOf([record('pool/users/a', 3, 'A', ['t'])]),
        },
        {
          position: 2,
          epoch: 0,
          committedAtMs: contractNowMs,
          puts: [{ key: 'pool/users/b', version: 1, value: 'B', terms: [] }],
          deletes: [{ key: 'pool/users/a', version: 3 }],
          digest: digestOf([record('pool/users/b', 1, 'B')]),
        },
      ])
      expect(await store.head('pool')).toEqual({ position: 2, epoch: 0, digest: log[1]?.digest })
    })

    test('a commit that changes nothing replicated gets no entry', async () => {
      const store = await open()
      expect(await store.commit({ stream: 'pool', delete: ['pool/users/absent'] })).toEqual({})
      expect(await store.commit({ stream: 'pool', put: [record('@pool/a/b', 1, '')] })).toEqual({})
      expect((await store.head('pool')).position).toBe(0)
    })

    test('concurrent commits get positions without gaps, and the digest is that of the records', async () => {
      const store = await open()
      const results = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          store.commit({
            stream: 'pool',
            put: [record(`pool/users/${n % 80}`, n + 1, `v${n}`, [`t${n % 7}`])],
          }),
        ),
      )
      expect(results.map(({ position }) => position).sort((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 200 }, (_, n) => n + 1),
      )
      const log = await store.readLog('pool', 0, 1_000)
      expect(log.map(({ position }) => position)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
      const { digest } = await store.head('pool')
      expect(digest).toBe(digestOf(await allRecords(store, 'pool')))
      expect(log.at(-1)?.digest).toBe(digest)
    })

    test('streams have logs of their own', async () => {
      const store = await open()
      await store.commit({ stream: 'one', put: [record('one/users/a', 1, '')] })
      await store.commit({ stream: 'two', put: [record('two/users/a', 1, '')] })
      await store.commit({ stream: 'one', put: [record('one/users/b', 1, '')] })
      expect([(await store.head('one')).position, (await store.head('two')).position]).toEqual([2, 1])
      expect((await store.readLog('two', 0, 10)).flatMap(({ puts }) => keysOf(puts))).toEqual(['two/users/a'])
    })

    test('readLog goes on after a position, obeys its limit and stops early at 8 MiB', async () => {
      const store = await open()
      for (let n = 1; n <= 4; n += 1)
        await store.commit({
          stream: 'pool',
          put: [record(`pool/users/${n}`, 1, 'x'.repeat(3 * 1024 * 1024))],
        })
      const positions = async (after: number, limit: number) =>
        (await store.readLog('pool', after, limit)).map(({ position }) => position)
      expect(await positions(0, 10)).toEqual([1, 2])
      expect(await positions(2, 1)).toEqual([3])
      expect(await positions(2, 10)).toEqual([3, 4])
      expect(await positions(4, 10)).toEqual([])
      await expect(store.readLog('pool', 0, 10_001)).rejects.toThrow(RangeError)
    })

    test('after trimLog older entries are gone, newer ones stay, and the head does not move', async () => {
      const store = await open()
      for (let n = 1; n <= 5; n += 1)
        await store.commit({ stream: 'pool', put: [record(`pool/users/${n}`, 1, '')] })
      const before = await store.head('pool')
      await store.trimLog('pool', 3)
      await expect(store.readLog('pool', 2, 10)).rejects.toThrow(RangeError)
      expect((await store.readLog('pool', 3, 10)).map(({ position }) => position)).toEqual([4, 5])
      await store.trimLog('pool', 1)
      expect((await store.readLog('pool', 3, 10)).map(({ position }) => position)).toEqual([4, 5])
      await store.trimLog('pool', 1_000)
      expect(await store.readLog('pool', 5, 10)).toEqual([])
      expect(await store.head('pool')).toEqual(before)
      expect(await store.commit({ stream: 'pool', put: [record('pool/users/6', 1, '')] })).toEqual({
        position: 6,
      })
    })

    test('raiseEpoch adds an empty entry of the new epoch, which later commits carry', async () => {
      const store = await open()
      await store.commit({ stream: 'pool', put: [record('pool/users/a', 1, '')] })
      const { digest } = await store.head('pool')
      expect(await store.raiseEpoch('pool', 4)).toEqual({ position: 2, epoch: 4, digest })
      await store.commit({ stream: 'pool', put: [record('pool/users/b', 1, '')] })
      const log = await store.readLog('pool', 1, 10)
      expect(log.map(({ epoch }) => epoch)).toEqual([4, 4])
      expect(log[0]).toMatchObject({
        position: 2,
        puts: [],
        deletes: [],
        digest,
        committedAtMs: contractNowMs,
      })
      await expect(store.raiseEpoch('pool', 4)).rejects.toThrow(RangeError)
      await expect(store.raiseEpoch('pool', 3)).rejects.toThrow(RangeError)
    })

    test('a listener is called once a commit of its stream can be read, until it is ended', async () => {
      const store = await open()
      const heard = vi.fn()
      const other = vi.fn()
      const end = store.watch('pool', heard)
      store.watch('other', other)
      await store.commit({ stream: 'pool', put: [record('pool/users/a', 1, '')] })
      await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1))
      await store.commit({ put: [record('@pool/a/b', 1, '')] })
      await store.raiseEpoch('pool', 1)
      await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(2))
      end()
      await store.commit({ stream: 'pool', put: [record('pool/users/b', 1, '')] })
      await store.commit({ stream: 'other', put: [record('other/users/b', 1, '')] })
      await vi.waitFor(() => expect(other).toHaveBeenCalledTimes(1))
      expect(heard).toHaveBeenCalledTimes(2)
    })

    test('dropScope takes records, terms, counts, counters, log and head of the scope, and of no other', async () => {
      const store = await open()
      for (const stream of ['pool', 'pool2']) {
        const put = Array.from({ length: 500 }, (_, n) => record(`${stream}/users/${n}`, 1, '', ['t']))
        await store.commit({ stream, put, add: [{ key: `${stream}/n/a`, amount: 1 }] })
      }
      const kept = await store.head('pool2')
      const dropped = store.dropScope('pool')
      // What comes while the scope is dropped waits, and finds it empty.
      const after = store.commit({
        stream: 'pool',
        check: [{ key: 'pool/users/499', version: 0 }],
        put: [record('pool/users/new', 1, '', ['t'])],
      })
      await dropped
      expect(await after).toEqual({ position: 1 })
      expect(keysOf(await store.find('t', 'pool/users/', { limit: 1_000 }))).toEqual(['pool/users/new'])
      expect(await store.count('pool/users')).toBe(1)
      expect(await store.counter('pool/n/a')).toBe(0)
      expect((await store.head('pool')).digest).toBe(digestOf([record('pool/users/new', 1, '', ['t'])]))
      expect(await store.head('pool2')).toEqual(kept)
      expect(await store.count('pool2/users')).toBe(500)
      expect(await store.counter('pool2/n/a')).toBe(1)
      await store.commit({ put: [record('@pool/a/b', 1, '')] })
      await store.dropScope('@pool')
      expect(await store.count('@pool/a')).toBe(0)
    })

    test('close waits for what was submitted, and refuses what comes later', async () => {
      const store = await open()
      const submitted = Array.from({ length: 100 }, (_, n) =>
        store.commit({ stream: 'pool', put: [record(`pool/users/${n}`, 1, '')] }),
      )
      await Promise.all([store.close(), Promise.all(submitted)])
      await expect(store.commit({ put: [record('@region/a/b', 1, '')] })).rejects.toThrow('closed')
      await expect(store.get('@region/a/b')).rejects.toThrow('closed')
      await store.close()
    })
  })
}
