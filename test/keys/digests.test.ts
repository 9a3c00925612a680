// Signatures over digests that the caller made: published vectors, Node's crypto signing and verifying the messages, and what is no signature.
import * as crypto from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { signEcdsaDigest, verifyEcdsaDigest } from '../../src/keys/ecdsa-digest.ts'
import { signEd25519ph, verifyEd25519ph } from '../../src/keys/ed25519ph.ts'
import {
  type RsaHash,
  signPkcs1Digest,
  signPssDigest,
  verifyPkcs1Digest,
  verifyPssDigest,
} from '../../src/keys/rsa-digest.ts'
import { isSignature, signatureOf } from '../../src/keys/signatures.ts'
import { systemRandom } from '../../src/telemetry/clock.ts'

const digestOf = (hash: string, message: string): Buffer => crypto.createHash(hash).update(message).digest()
const hex = (text: string): Buffer => Buffer.from(text.padStart(text.length + (text.length % 2), '0'), 'hex')

/** From the private number alone. */
const ecKeyOf = (namedCurve: string, crv: string, secret: string): crypto.KeyObject => {
  const ecdh = crypto.createECDH(namedCurve)
  ecdh.setPrivateKey(hex(secret))
  const point = ecdh.getPublicKey()
  const half = (point.length - 1) / 2
  return crypto.createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv,
      x: point.subarray(1, 1 + half).toString('base64url'),
      y: point.subarray(1 + half).toString('base64url'),
      d: hex(secret.padStart(half * 2, '0')).toString('base64url'),
    },
  })
}

const integer = (value: bigint): Buffer => {
  const bytes = hex(value.toString(16))
  const signed = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
  return Buffer.concat([Buffer.from([2, signed.length]), signed])
}
const sequence = (content: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(content.length > 127 ? [0x30, 0x81, content.length] : [0x30, content.length]),
    content,
  ])
const der = (r: bigint, s: bigint): Buffer => sequence(Buffer.concat([integer(r), integer(s)]))

describe('ECDSA', () => {
  // RFC 6979, appendices A.2.5 to A.2.7: of the message "sample", by the hash of each key spec's algorithm.
  test.each([
    {
      named: 'prime256v1',
      crv: 'P-256',
      hash: 'sha256',
      x: 'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721',
      r: 0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
      s: 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
    },
    {
      named: 'secp384r1',
      crv: 'P-384',
      hash: 'sha384',
      x: '6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5',
      r: 0x94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46n,
      s: 0x99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8n,
    },
    {
      named: 'secp521r1',
      crv: 'P-521',
      hash: 'sha512',
      x: '0FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538',
      r: 0x0c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fan,
      s: 0x0617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67an,
    },
  ])('takes the published signature on $crv, of this digest alone', ({ named, crv, hash, x, r, s }) => {
    const key = ecKeyOf(named, crv, x)
    const publicKey = crypto.createPublicKey(key)
    expect(verifyEcdsaDigest(publicKey, digestOf(hash, 'sample'), der(r, s))).toBe(true)
    expect(verifyEcdsaDigest(publicKey, digestOf(hash, 'test'), der(r, s))).toBe(false)
  })

  const curves = [
    ['prime256v1', 'sha256', p256],
    ['secp384r1', 'sha384', p384],
    ['secp521r1', 'sha512', p521],
    ['secp256k1', 'sha256', secp256k1],
  ] as const

  test.each(curves)('on %s is what Node’s crypto makes and takes of the message', (namedCurve, hash) => {
    for (let index = 0; index < 8; index += 1) {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve })
      const digest = digestOf(hash, `message ${index}`)
      const signature = signEcdsaDigest(privateKey, digest, systemRandom)
      expect(crypto.verify(hash, Buffer.from(`message ${index}`), publicKey, signature)).toBe(true)
      expect(verifyEcdsaDigest(publicKey, digest, signature)).toBe(true)
      const theirs = crypto.sign(hash, Buffer.from(`message ${index}`), privateKey)
      expect(verifyEcdsaDigest(publicKey, digest, theirs)).toBe(true)
      expect(verifyEcdsaDigest(publicKey, digestOf(hash, 'another'), theirs)).toBe(false)
    }
  })

  test.each(curves)(
    'on %s takes one DER form of both halves of s, and nothing else',
    (namedCurve, hash, { Point, Signature }) => {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve })
      const digest = digestOf(hash, 'a message')
      const signature = signEcdsaDigest(privateKey, digest, systemRandom)
      const { r, s } = Signature.fromBytes(signature, 'der')
      const n = Point.Fn.ORDER
      const isTaken = (given: Uint8Array): boolean => verifyEcdsaDigest(publicKey, digest, given)
      expect([isTaken(der(r, s)), isTaken(der(r, n - s))]).toEqual([true, true])
      const padded = Buffer.concat([Buffer.from([2, integer(r).length - 1, 0]), integer(r).subarray(2)])
      const wrong: readonly Uint8Array[] = [
        new Uint8Array(),
        Buffer.from([0x30]),
        der(0n, s),
        der(r, 0n),
        der(0n, 0n),
        der(n, s),
        der(r, n),
        der(r + n, s),
        der(r, s + n),
        der(s, r),
        Buffer.concat([signature, Buffer.alloc(1)]),
        signature.subarray(0, -1),
        sequence(Buffer.concat([integer(r), integer(s), integer(1n)])),
        sequence(Buffer.concat([padded, integer(s)])),
        // Lengths in BER's longer form, and without one.
        Buffer.concat([
          Buffer.from([0x30, 0x82, 0, signature.length - 2]),
          signature.subarray(-integer(s).length - integer(r).length),
        ]),
        Buffer.concat([Buffer.from([0x30, 0x80]), integer(r), integer(s), Buffer.alloc(2)]),
        // Both numbers side by side (IEEE P1363): KMS speaks DER alone.
        Signature.fromBytes(signature, 'der').toBytes('compact'),
      ]
      expect(wrong.map(isTaken)).toEqual(wrong.map(() => false))
    },
  )

  test('never makes two signatures of one digest the same', () => {
    const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const digest = digestOf('sha256', 'a message')
    const made = Array.from({ length: 20 }, () =>
      signEcdsaDigest(privateKey, digest, systemRandom).toString('hex'),
    )
    expect(new Set(made).size).toBe(20)
  })

  test('on secp256k1 makes signatures of both halves of s, as Amazon’s', () => {
    const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const halves = new Set<boolean>()
    for (let index = 0; index < 200 && halves.size < 2; index += 1) {
      const signature = signEcdsaDigest(privateKey, digestOf('sha256', `${index}`), systemRandom)
      halves.add(secp256k1.Signature.fromBytes(signature, 'der').hasHighS())
    }
    expect(halves.size).toBe(2)
  })
})

describe('RSA', () => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
  const message = Buffer.from('a message')
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING }
  const salted = { ...pss, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST }
  const hashes: readonly RsaHash[] = ['sha256', 'sha384', 'sha512']

  test.each(hashes)('PKCS1-v1_5 with %s is the very signature of Node’s crypto', (hash) => {
    const digest = digestOf(hash, 'a message')
    const signature = signPkcs1Digest(privateKey, hash, digest)
    expect(signature.equals(crypto.sign(hash, message, privateKey))).toBe(true)
    expect(verifyPkcs1Digest(publicKey, hash, digest, signature)).toBe(true)
  })

  test('PKCS1-v1_5 takes a DigestInfo of the algorithm’s hash in its one form', () => {
    const digest = digestOf('sha256', 'a message')
    const { RSA_PKCS1_PADDING: padding } = crypto.constants
    const signed = (content: string): Buffer =>
      crypto.privateEncrypt({ key: privateKey, padding }, Buffer.concat([hex(content), digest]))
    const isTaken = (signature: Buffer): boolean => verifyPkcs1Digest(publicKey, 'sha256', digest, signature)
    expect(isTaken(signed('3031300d060960864801650304020105000420'))).toBe(true)
    // Without the parameters, of SHA-512/256, and the bare digest.
    expect(isTaken(signed('302f300b0609608648016503040201'.concat('0420')))).toBe(false)
    expect(isTaken(signed('3031300d060960864801650304020605000420'))).toBe(false)
    expect(isTaken(signed(''))).toBe(false)
  })

  test.each(hashes)('PSS with %s is taken by Node’s crypto, and takes what it makes', (hash) => {
    const digest = digestOf(hash, 'a message')
    const signature = signPssDigest(privateKey, hash, digest, systemRandom)
    expect(crypto.verify(hash, message, { key: publicKey, ...salted }, signature)).toBe(true)
    const theirs = crypto.sign(hash, message, { key: privateKey, ...salted })
    expect(verifyPssDigest(publicKey, hash, digest, theirs)).toBe(true)
    for (const saltLength of [0, digest.length - 1, digest.length + 1]) {
      const other = crypto.sign(hash, message, { key: privateKey, ...pss, saltLength })
      expect(verifyPssDigest(publicKey, hash, digest, other)).toBe(false)
    }
  })

  test('a signature without its leading zeros, or with more of them, is none', () => {
    const digest = digestOf('sha256', 'a message')
    let signature = signPssDigest(privateKey, 'sha256', digest, systemRandom)
    // One in 256 begins with a zero.
    for (let tries = 0; signature[0] !== 0 && tries < 20_000; tries += 1)
      signature = signPssDigest(privateKey, 'sha256', digest, systemRandom)
    expect(verifyPssDigest(publicKey, 'sha256', digest, signature)).toBe(true)
    expect(verifyPssDigest(publicKey, 'sha256', digest, signature.subarray(1))).toBe(false)
    const longer = Buffer.concat([Buffer.alloc(1), signature])
    expect(verifyPssDigest(publicKey, 'sha256', digest, longer)).toBe(false)
    expect(verifyPkcs1Digest(publicKey, 'sha256', digest, new Uint8Array())).toBe(false)
  })
})

test('a signature of a whole message is held to the same length', () => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signed = { algorithm: 'RSASSA_PSS_SHA_256', message: Buffer.from('a message'), type: 'RAW' } as const
  let signature = signatureOf(privateKey, signed, systemRandom)
  for (let tries = 0; signature[0] !== 0 && tries < 20_000; tries += 1)
    signature = signatureOf(privateKey, signed, systemRandom)
  expect(signature[0]).toBe(0)
  expect(isSignature(publicKey, signed, signature)).toBe(true)
  expect(isSignature(publicKey, signed, signature.subarray(1))).toBe(false)
})

describe('Ed25519ph', () => {
  // RFC 8032, section 7.3.
  const key = crypto.createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: hex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42').toString('base64url'),
      x: hex('ec172b93ad5e563f4932c70e1245034c35467ef2efd4d64ebf819683467e2bf0').toString('base64url'),
    },
  })
  const signature = hex(
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  )
  const message = Buffer.from('abc')

  test('makes and takes the published signature', () => {
    expect(signEd25519ph(key, message)).toEqual(signature)
    expect(verifyEd25519ph(crypto.createPublicKey(key), message, signature)).toBe(true)
  })

  test('takes no other: of Ed25519, of another message, too short, changed', () => {
    const changed = Buffer.from(signature)
    changed[40] = (changed[40] ?? 0) ^ 1
    const wrong: readonly (readonly [Buffer, Buffer])[] = [
      [message, crypto.sign(null, message, key)],
      [Buffer.from('abd'), signature],
      [message, signature.subarray(1)],
      [message, Buffer.alloc(0)],
      [message, changed],
    ]
    for (const [of, given] of wrong)
      expect(verifyEd25519ph(crypto.createPublicKey(key), of, given)).toBe(false)
  })
})
