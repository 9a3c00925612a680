// ECDSA over digests that the caller made (FIPS 186-5, section 6.4). Node's crypto signs only messages that it hashes itself, so it is noble's.
import type { KeyObject } from 'node:crypto'
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Random } from '../telemetry/clock.ts'

/** By the names of Node's crypto, with what a coordinate and a private key take (SEC 2, sections 2.4 to 2.6). */
const curves: Readonly<Record<string, { readonly ecdsa: ECDSA; readonly bytes: number }>> = {
  prime256v1: { ecdsa: p256, bytes: 32 },
  secp384r1: { ecdsa: p384, bytes: 48 },
  secp521r1: { ecdsa: p521, bytes: 66 },
  secp256k1: { ecdsa: secp256k1, bytes: 32 },
}

const curveOf = (key: KeyObject): { readonly ecdsa: ECDSA; readonly bytes: number } => {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  const curve = curves[name]
  if (curve === undefined) throw new Error(`${name} is no curve of a key spec`)
  return curve
}

/** A JWK's number, with the leading zeros that some writers leave out. */
const numberOf = (text: string | undefined, bytes: number): Buffer => {
  const number = Buffer.from(text ?? '', 'base64url')
  return Buffer.concat([Buffer.alloc(Math.max(0, bytes - number.length)), number])
}

/** Either half of the order is taken for s, also on secp256k1: as KMS and Node's crypto do, unlike Bitcoin. */
const ofDigest = { prehash: false, lowS: false, format: 'der' } as const

/**
 * DER of ECDSA-Sig-Value (RFC 3279, section 2.2.3). The secret number is RFC 6979's, with randomness in it (section 3.6), so that neither a fault
 * nor a weak source of randomness alone gives the key away.
 */
export const signEcdsaDigest = (key: KeyObject, digest: Uint8Array, random: Random): Buffer => {
  const { ecdsa, bytes } = curveOf(key)
  const secret = numberOf(key.export({ format: 'jwk' }).d, bytes)
  return Buffer.from(ecdsa.sign(digest, secret, { ...ofDigest, extraEntropy: random.bytes(bytes) }))
}

export const verifyEcdsaDigest = (key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean => {
  const { ecdsa, bytes } = curveOf(key)
  const { x, y } = key.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([0x04]), numberOf(x, bytes), numberOf(y, bytes)])
  return ecdsa.verify(signature, digest, point, ofDigest)
}
