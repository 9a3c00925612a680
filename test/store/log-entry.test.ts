// Log entries as bytes: what was encoded comes back, and bytes from anywhere else are refused without harm.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLogEntry, encodeLogEntry, LogEntryBroken } from '../../src/store/log-entry.ts'
import type { LogEntry } from '../../src/store/store.ts'
import { record } from './records.ts'

const printable = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
  minLength: 1,
})
const keyArbitrary = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/).map((id) => `pool/users/${id}`)
const versionArbitrary = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const entryArbitrary: fc.Arbitrary<LogEntry> = fc
  .record({
    position: versionArbitrary,
    epoch: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    committedAtMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    changes: fc.uniqueArray(
      fc.record({
        key: keyArbitrary,
        version: versionArbitrary,
        value: fc.uint8Array(),
        terms: fc.array(printable, { maxLength: 4 }),
        isPut: fc.boolean(),
      }),
      { selector: ({ key }) => key, maxLength: 6 },
    ),
    digest: fc.stringMatching(/^[0-9a-f]{64}$/),
  })
  .map(({ changes, ...rest }) => ({
    ...rest,
    puts: changes
      .filter(({ isPut }) => isPut)
      .map(({ key, version, value, terms }) => ({ key, version, value, terms })),
    deletes: changes.filter(({ isPut }) => !isPut).map(({ key, version }) => ({ key, version })),
  }))

const example: LogEntry = {
  position: 1,
  epoch: 2,
  committedAtMs: 3,
  puts: [record('p/c/a', 4, 'v', ['t'])],
  deletes: [{ key: 'p/c/b', version: 5 }],
  digest: 'ab'.repeat(32),
}

describe('a log entry', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(entryArbitrary, (entry) => {
        expect(decodeLogEntry(encodeLogEntry(entry))).toEqual(entry)
      }),
    )
  })

  test('has the documented bytes, so that versions of this program understand each other', () => {
    const number = (value: number) => value.toString(16).padStart(16, '0')
    const text = (value: string) =>
      value.length.toString(16).padStart(4, '0') + Buffer.from(value).toString('hex')
    const expected = [
      '01',
      number(1),
      number(2),
      number(3),
      'ab'.repeat(32),
      '00000001',
      text('p/c/a'),
      number(4),
      '0000000176',
      '0001',
      text('t'),
      '00000001',
      text('p/c/b'),
      number(5),
    ]
    expect(encodeLogEntry(example).toString('hex')).toBe(expected.join(''))
  })

  test('cut short anywhere, or with bytes added, is refused', () => {
    const bytes = encodeLogEntry(example)
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => decodeLogEntry(bytes.subarray(0, length))).toThrow(LogEntryBroken)
    expect(() => decodeLogEntry(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(LogEntryBroken)
  })

  test('of an unknown format is refused by its number', () => {
    const bytes = encodeLogEntry(example)
    bytes[0] = 9
    expect(() => decodeLogEntry(bytes)).toThrow(/format 9/)
  })

  test('with any bytes changed is decoded to something valid or refused as LogEntryBroken, never anything else', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }))
    fc.assert(
      fc.property(entryArbitrary, fc.array(change, { minLength: 1, maxLength: 4 }), (entry, changes) => {
        const bytes = encodeLogEntry(entry)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        try {
          const decoded = decodeLogEntry(bytes)
          expect(encodeLogEntry(decoded).equals(bytes)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(LogEntryBroken)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('that claims more than it can hold is refused before memory is taken for it', () => {
    const bytes = encodeLogEntry({ ...example, puts: [], deletes: [] })
    bytes.writeUInt32BE(0xffffffff, 57)
    expect(() => decodeLogEntry(bytes)).toThrow(/too many parts/)
  })

  const invalid: Readonly<Record<string, LogEntry>> = {
    'a position of 0': { ...example, position: 0 },
    'a put of version 0': { ...example, puts: [record('p/c/a', 0, '')] },
    'a malformed key': { ...example, puts: [record('nothing', 1, '')] },
    'a malformed deleted key': { ...example, deletes: [{ key: '/', version: 1 }] },
    'an empty term': { ...example, puts: [record('p/c/a', 1, '', [''])] },
    'a key twice': { ...example, deletes: [{ key: 'p/c/a', version: 1 }] },
  }
  test.each(Object.entries(invalid))('with %s is refused', (_, entry) => {
    expect(() => decodeLogEntry(encodeLogEntry(entry))).toThrow(LogEntryBroken)
  })
})
