// ECDSA over digests that the caller made (FIPS 186-5, section 6.4): the library underneath signs only messages that it hashes itself. The
// multiplication by the secret number is the library's; what is left is arithmetic modulo the group's order, blinded.
import { createECDH, type KeyObject } from 'node:crypto'
import type { Random } from '../telemetry/clock.ts'

type Point = { readonly x: bigint; readonly y: bigint }
type Curve = { readonly p: bigint; readonly a: bigint; readonly n: bigint; readonly bytes: number }

const p256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const p384 = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n
const p521 = 2n ** 521n - 1n
/** By the library's names (SEC 2, sections 2.4 to 2.6). */
const curves: Readonly<Record<string, Curve>> = {
  prime256v1: {
    p: p256,
    a: p256 - 3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  },
  secp384r1: {
    p: p384,
    a: p384 - 3n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
  },
  secp521r1: {
    p: p521,
    a: p521 - 3n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    bytes: 66,
  },
  secp256k1: {
    p: 2n ** 256n - 2n ** 32n - 977n,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    bytes: 32,
  },
}

const curveOf = (key: KeyObject): { readonly name: string; readonly curve: Curve } => {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  const curve = curves[name]
  if (curve === undefined) throw new Error(`${name} is no curve of a key spec`)
  return { name, curve }
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
const bytesOf = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
const fromBase64url = (text: string | undefined): bigint => numberOf(Buffer.from(text ?? '', 'base64url'))

const modulo = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus

/** The extended Euclidean algorithm; the modulus is prime and does not divide the value. */
const inverse = (value: bigint, modulus: bigint): bigint => {
  let [former, current] = [modulus, modulo(value, modulus)]
  let [formerFactor, factor] = [0n, 1n]
  while (current > 1n) {
    const quotient = former / current
    ;[former, current] = [current, former - quotient * current]
    ;[formerFactor, factor] = [factor, formerFactor - quotient * factor]
  }
  return modulo(factor, modulus)
}

/** The leftmost bits of the digest, as many as the order has. */
const shortened = (digest: Uint8Array, { n }: Curve): bigint => {
  const excess = digest.length * 8 - n.toString(2).length
  return excess > 0 ? numberOf(digest) >> BigInt(excess) : numberOf(digest)
}

/** Uniform in 1 … n−1. */
const secretNumber = ({ n, bytes }: Curve, random: Random): bigint => {
  const excess = BigInt(bytes * 8 - n.toString(2).length)
  for (;;) {
    const value = numberOf(random.bytes(bytes)) >> excess
    if (value > 0n && value < n) return value
  }
}

const integerDer = (value: bigint): Buffer => {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  const signed = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
  return Buffer.concat([Buffer.from([0x02, signed.length]), signed])
}

/** ECDSA-Sig-Value (RFC 3279, section 2.2.3). */
const signatureDer = (r: bigint, s: bigint): Buffer => {
  const content = Buffer.concat([integerDer(r), integerDer(s)])
  const length = content.length > 0x7f ? [0x81, content.length] : [content.length]
  return Buffer.concat([Buffer.from([0x30, ...length]), content])
}

/** Takes DER only as it is written above, so that a signature has one form. */
const readSignature = (der: Uint8Array): { readonly r: bigint; readonly s: bigint } | undefined => {
  const start = der[1] === 0x81 ? 3 : 2
  const lengthOfR = der[start + 1] ?? 0
  const startOfS = start + 2 + lengthOfR
  const r = numberOf(der.subarray(start + 2, startOfS))
  const s = numberOf(der.subarray(startOfS + 2))
  return signatureDer(r, s).equals(der) ? { r, s } : undefined
}

export const signEcdsaDigest = (key: KeyObject, digest: Uint8Array, random: Random): Buffer => {
  const { name, curve } = curveOf(key)
  const { n, bytes } = curve
  const d = fromBase64url(key.export({ format: 'jwk' }).d)
  const e = shortened(digest, curve)
  for (;;) {
    const k = secretNumber(curve, random)
    const ecdh = createECDH(name)
    ecdh.setPrivateKey(bytesOf(k, bytes))
    const r = numberOf(ecdh.getPublicKey().subarray(1, 1 + bytes)) % n
    const blind = secretNumber(curve, random)
    const s = (inverse(blind * k, n) * modulo(blind * e + ((blind * d) % n) * r, n)) % n
    if (r > 0n && s > 0n) return signatureDer(r, s)
  }
}

/** A point in Jacobian coordinates: x/z², y/z³; z is 0 at infinity. */
type Jacobian = Point & { readonly z: bigint }

const doubled = ({ x, y, z }: Jacobian, { p, a }: Curve): Jacobian => {
  const ySquared = (y * y) % p
  const s = (4n * x * ySquared) % p
  const m = (3n * x * x + a * z ** 4n) % p
  const x3 = modulo(m * m - 2n * s, p)
  return { x: x3, y: modulo(m * (s - x3) - 8n * ySquared * ySquared, p), z: (2n * y * z) % p }
}

const added = (left: Jacobian, right: Point, curve: Curve): Jacobian => {
  const { p } = curve
  if (left.z === 0n) return { ...right, z: 1n }
  const zSquared = (left.z * left.z) % p
  const h = modulo(right.x * zSquared - left.x, p)
  const r = modulo(right.y * zSquared * left.z - left.y, p)
  if (h === 0n) return r === 0n ? doubled(left, curve) : { x: 1n, y: 1n, z: 0n }
  const hSquared = (h * h) % p
  const hCubed = (hSquared * h) % p
  const v = (left.x * hSquared) % p
  const x = modulo(r * r - hCubed - 2n * v, p)
  return { x, y: modulo(r * (v - x) - left.y * hCubed, p), z: (h * left.z) % p }
}

/** u₁·G + u₂·Q; its x coordinate, or undefined at infinity. All of it is public. */
const sumOf = (u1: bigint, g: Point, u2: bigint, q: Point, curve: Curve): bigint | undefined => {
  let sum: Jacobian = { x: 1n, y: 1n, z: 0n }
  for (let bit = BigInt(curve.bytes * 8 - 1); bit >= 0n; bit -= 1n) {
    sum = doubled(sum, curve)
    if (((u1 >> bit) & 1n) === 1n) sum = added(sum, g, curve)
    if (((u2 >> bit) & 1n) === 1n) sum = added(sum, q, curve)
  }
  return sum.z === 0n ? undefined : (sum.x * inverse(sum.z * sum.z, curve.p)) % curve.p
}

/** The generator is what the library makes of the secret number 1. */
const generatorOf = (name: string, { bytes }: Curve): Point => {
  const ecdh = createECDH(name)
  ecdh.setPrivateKey(bytesOf(1n, bytes))
  const point = ecdh.getPublicKey()
  return { x: numberOf(point.subarray(1, 1 + bytes)), y: numberOf(point.subarray(1 + bytes)) }
}

export const verifyEcdsaDigest = (key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean => {
  const { name, curve } = curveOf(key)
  const { n } = curve
  const read = readSignature(signature)
  if (read === undefined || read.r === 0n || read.r >= n || read.s === 0n || read.s >= n) return false
  const w = inverse(read.s, n)
  const jwk = key.export({ format: 'jwk' })
  const q = { x: fromBase64url(jwk.x), y: fromBase64url(jwk.y) }
  const e = shortened(digest, curve)
  const x = sumOf((e * w) % n, generatorOf(name, curve), (read.r * w) % n, q, curve)
  return x !== undefined && x % n === read.r
}
