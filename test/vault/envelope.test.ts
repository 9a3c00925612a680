// The sealed form holds against the published XAES-256-GCM vectors, and opens only in the place it was sealed for.
import { expect, test } from 'vitest'
import { systemRandom } from '../../src/telemetry/clock.ts'
import { encryptWithNonce, open, SealBroken, seal } from '../../src/vault/envelope.ts'

// C2SP "XAES-256-GCM", section "Test vectors".
const vectors = [
  { key: 0x01, aad: '', hex: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271' },
  {
    key: 0x03,
    aad: 'c2sp.org/XAES-256-GCM',
    hex: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
  },
]

test.each(vectors)('the published vector of key $key is what we compute', ({ key, aad, hex }) => {
  const sealed = encryptWithNonce(
    Buffer.alloc(32, key),
    Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX'),
    Buffer.from('XAES-256-GCM'),
    Buffer.from(aad),
  )
  expect(sealed.toString('hex')).toBe(hex)
})

const key = { id: 7, bytes: Buffer.alloc(32, 9) }

test('what was sealed opens in its place and nowhere else', () => {
  const sealed = seal(key, Buffer.from('secret'), 'pool|users|1', systemRandom)
  expect(open(key, sealed, 'pool|users|1').toString()).toBe('secret')
  expect(() => open(key, sealed, 'pool|users|2')).toThrow(SealBroken)
  expect(() => open({ ...key, id: 8 }, sealed, 'pool|users|1')).toThrow(SealBroken)
  expect(() => open({ ...key, bytes: Buffer.alloc(32, 8) }, sealed, 'pool|users|1')).toThrow(SealBroken)
})

test('a changed bit anywhere breaks the seal', () => {
  const sealed = seal(key, Buffer.from('secret'), 'place', systemRandom)
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(() => open(key, changed, 'place')).toThrow(SealBroken)
  }
  expect(() => open(key, sealed.subarray(0, 20), 'place')).toThrow(SealBroken)
})
