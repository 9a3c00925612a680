// The digest of a stream: independent of order, kept up to date change by change, different for different records.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addToDigest,
  digestFromHex,
  digestOf,
  digestToHex,
  emptyDigest,
  recordHash,
  takeFromDigest,
} from '../../src/store/digest.ts'
import type { StoreRecord } from '../../src/store/store.ts'
import { record } from './records.ts'

const recordArbitrary: fc.Arbitrary<StoreRecord> = fc.record({
  key: fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 }),
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  value: fc.uint8Array({ maxLength: 6 }),
  terms: fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), {
    maxLength: 3,
  }),
})

describe('the digest', () => {
  test('of nothing is 64 zeros', () => {
    expect(digestOf([])).toBe(emptyDigest)
    expect(emptyDigest).toMatch(/^0{64}$/)
  })

  test('of one record is the SHA-256 of its documented encoding', () => {
    // Computed outside of this project: sha256 of 00000005 "p/c/a" 0000000000000007 00000001 "v" 00000001 00000001 "t".
    expect(digestOf([record('p/c/a', 7, 'v', ['t'])])).toBe(
      '98e41e1cc3559998ce3732b24e25ba5ac3cd6a88a0ca5e32872664cc05364b71',
    )
  })

  test('does not depend on the order of the records', () => {
    fc.assert(
      fc.property(fc.array(recordArbitrary), fc.infiniteStream(fc.nat()), (records, order) => {
        const shuffled = records
          .map((one) => ({ one, rank: order.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ one }) => one)
        expect(digestOf(shuffled)).toBe(digestOf(records))
      }),
    )
  })

  test('kept up to date change by change equals the one from scratch', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b', 'c'), put: fc.option(recordArbitrary) })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const records = new Map<string, StoreRecord>()
        let digest = 0n
        for (const { key, put } of changes) {
          const before = records.get(key)
          if (before !== undefined) digest = takeFromDigest(digest, recordHash(before))
          records.delete(key)
          if (put === null) continue
          records.set(key, { ...put, key })
          digest = addToDigest(digest, recordHash({ ...put, key }))
        }
        expect(digestToHex(digest)).toBe(digestOf(records.values()))
        expect(digestFromHex(digestToHex(digest))).toBe(digest)
      }),
    )
  })

  test('differs whenever key, version, value or terms differ, also where only their boundaries do', () => {
    const plain = (one: StoreRecord) => JSON.stringify([one.key, one.version, [...one.value], one.terms])
    fc.assert(
      fc.property(recordArbitrary, recordArbitrary, (one, other) => {
        expect(digestOf([one]) === digestOf([other])).toBe(plain(one) === plain(other))
      }),
    )
    const variants = [
      record('p/c/a', 1, 'v', ['ab']),
      record('p/c/a', 1, 'v', ['a', 'b']),
      record('p/c/a', 1, 'va', ['b']),
      record('p/c/av', 1, '', ['ab']),
      record('p/c/a', 2, 'v', ['ab']),
      record('p/c/a', 1, 'v', []),
    ]
    expect(new Set(variants.map((one) => digestOf([one]))).size).toBe(variants.length)
  })

  test('of a record twice is not that of nothing', () => {
    const one = record('p/c/a', 1, 'v')
    expect(digestOf([one, one])).not.toBe(emptyDigest)
    expect(digestOf([one, one])).not.toBe(digestOf([one]))
  })
})
