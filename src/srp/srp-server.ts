// The server's side of Cognito's SRP (RFC 5054's arithmetic, with the hashes and the key derivation of amazon-cognito-identity-js).
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import { powerOfGenerator, publicPower, secretPower } from './modular-exponentiation.ts'
import { k, N, primeBytes, sha256, signedBytes, toBigInt } from './srp-group.ts'

/** A number of the group as hex: at most as long as the prime with a sign byte. */
const numberShape = new RegExp(`^[0-9a-fA-F]{1,${(primeBytes + 1) * 2}}$`)

const info = 'Caldera Derived Key'
const sessionKeyBytes = 16

/** Whether `hex` can be a client's public value: of the group's size, and not a multiple of N (which would make every password right). */
export const isClientPublic = (hex: string): boolean => numberShape.test(hex) && BigInt(`0x${hex}`) % N !== 0n

/** v = g^x, x = H(salt | H(poolName username ":" password)); `salt` and the answer as hex. */
export const verifierOf = (about: {
  readonly poolName: string
  readonly username: string
  readonly password: string
  readonly salt: string
}): string => {
  const identity = sha256(`${about.poolName}${about.username}:${about.password}`)
  const x = sha256(signedBytes(BigInt(`0x${about.salt}`)), identity)
  return powerOfGenerator(x).toString(16)
}

/** B = k·v + g^b, as hex. `serverSecret` is 32 random bytes. */
export const serverPublicOf = (verifier: string, serverSecret: Uint8Array): string =>
  ((k * BigInt(`0x${verifier}`) + powerOfGenerator(serverSecret)) % N).toString(16)

/** u = H(A | B). */
export const scrambleOf = (clientPublic: string, serverPublic: string): Buffer =>
  sha256(signedBytes(BigInt(`0x${clientPublic}`)), signedBytes(BigInt(`0x${serverPublic}`)))

export type SessionKeyInput = {
  readonly clientPublic: string
  readonly serverPublic: string
  readonly serverSecret: Uint8Array
  readonly verifier: string
}

/** The 16 bytes that both sides end up with: HKDF of S = (A·v^u)^b, salted with u. Throws when A makes S trivial. */
export const sessionKeyOf = ({
  clientPublic,
  serverPublic,
  serverSecret,
  verifier,
}: SessionKeyInput): Buffer => {
  const u = toBigInt(scrambleOf(clientPublic, serverPublic))
  const base = (BigInt(`0x${clientPublic}`) * publicPower(BigInt(`0x${verifier}`), u)) % N
  const shared = secretPower(base, serverSecret)
  return Buffer.from(hkdfSync('sha256', signedBytes(shared), signedBytes(u), info, sessionKeyBytes))
}

/** PASSWORD_CLAIM_SIGNATURE: what a client that knows the password answers. `secretBlock` is decoded from its base64. */
export const claimSignature = (
  sessionKey: Uint8Array,
  about: {
    readonly poolName: string
    readonly username: string
    readonly secretBlock: Uint8Array
    readonly timestamp: string
  },
): Buffer =>
  createHmac('sha256', createSecretKey(sessionKey))
    .update(about.poolName)
    .update(about.username)
    .update(about.secretBlock)
    .update(about.timestamp)
    .digest()
