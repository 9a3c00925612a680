// Modular exponentiation in the SRP group through OpenSSL (docs/decisions/srp-modular-exponentiation.md has the measurements).
import {
  constants,
  createPublicKey,
  DiffieHellman,
  type DiffieHellmanGroup,
  getDiffieHellman,
  publicEncrypt,
} from 'node:crypto'
import { N, primeSized, toBigInt } from './srp-group.ts'

const modulus = primeSized(N).toString('base64url')

const setPrivateKey = DiffieHellman.prototype.setPrivateKey as (this: unknown, key: Buffer) => void

/**
 * A Diffie-Hellman object of the built-in group with a private key of our choosing. `createDiffieHellman(N, 2)` would spend 1.5 s on
 * proving again that N is prime; the built-in group is known to be, but Node exposes no setter on its class, only on the sister class
 * whose native half is the same. test/srp/ holds the results against plain BigInt arithmetic, so a Node without this would be noticed.
 */
const groupWithSecret = (exponent: Uint8Array): DiffieHellmanGroup => {
  const group = getDiffieHellman('modp15')
  setPrivateKey.call(group, Buffer.from(exponent))
  return group
}

/** 2^exponent mod N, in time that does not depend on the exponent's bits: for secrets. */
export const powerOfGenerator = (exponent: Uint8Array): bigint =>
  toBigInt(groupWithSecret(exponent).generateKeys())

/** base^exponent mod N, in time that does not depend on the exponent's bits: for secrets. Throws for a base of 0, 1 or N - 1. */
export const secretPower = (base: bigint, exponent: Uint8Array): bigint =>
  toBigInt(groupWithSecret(exponent).computeSecret(primeSized(base)))

/** base^exponent mod N where the exponent is public: an RSA public-key operation without padding is nothing else. */
export const publicPower = (base: bigint, exponent: bigint): bigint => {
  const hex = exponent.toString(16)
  const e = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
  const key = createPublicKey({ key: { kty: 'RSA', n: modulus, e }, format: 'jwk' })
  return toBigInt(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, primeSized(base)))
}
