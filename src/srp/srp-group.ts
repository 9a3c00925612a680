// The group of Cognito's SRP: RFC 3526 group 15 (3072 bits), generator 2, and the number encoding that its clients hash.
import { createHash, getDiffieHellman } from 'node:crypto'

const groupName = 'modp15'
const prime = getDiffieHellman(groupName).getPrime()

export const primeBytes = prime.length
export const N = BigInt(`0x${prime.toString('hex')}`)

export const toBigInt = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)

/**
 * The shortest two's complement encoding of a positive number, as Java's BigInteger.toByteArray and amazon-cognito-identity-js's
 * `padHex` make it: whole bytes, with a zero byte in front when the highest bit is set. Everything that SRP hashes is encoded so.
 */
export const signedBytes = (value: bigint): Buffer => {
  const hex = value.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex')
}

/** Big-endian, as long as the prime. */
export const primeSized = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(primeBytes * 2, '0'), 'hex')

export const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SRP-6a's multiplier k = H(N | g), both encoded as above (so g is the one byte 02). */
export const k = toBigInt(sha256(signedBytes(N), Uint8Array.of(2)))

/** The part of a pool ID after the underscore, which is what clients hash as the pool's name. */
export const poolNameOf = (poolId: string): string => poolId.slice(poolId.lastIndexOf('_') + 1)
