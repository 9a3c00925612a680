// Refresh tokens: a compact JWE (RFC 7516) that holds all there is to know, so that any Region can honour it.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { Random } from '../telemetry/clock.ts'
import type { AuthenticationClaims } from './authentication-methods.ts'

export type RefreshToken = AuthenticationClaims & {
  readonly poolId: string
  readonly clientId: string
  readonly sub: string
  readonly usernameKey: string
  /** This token's own ID, for rotation. */
  readonly jti: string
  /** The family: `origin_jti` of all tokens that come from one sign-in. */
  readonly originJti: string
  readonly eventId: string
  readonly authTimeMs: number
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  /** The device that the sign-in came from, in a pool that tracks devices. */
  readonly deviceKey?: string
  /** The token is good together with the key of that device only, once it is confirmed. */
  readonly isBoundToDevice?: boolean
}

/**
 * Each token has a random content key, wrapped under the pool's (RFC 3394). Key wrapping needs no nonce, so the number of tokens under one
 * pool key has no practical bound, which A256GCM with random nonces directly under it would have.
 */
const header = Buffer.from(JSON.stringify({ cty: 'JWT', enc: 'A256GCM', alg: 'A256KW' })).toString(
  'base64url',
)
const wrapCipher = 'id-aes256-wrap'
const wrapInitialValue = Buffer.alloc(8, 0xa6)
const contentKeyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const charactersMax = 4_096

/** Node takes a KeyObject five times faster than bytes; the pool's key is the same for every token. */
const wrappingKeys = new WeakMap<Buffer, KeyObject>()
const wrappingKeyOf = (key: Buffer): KeyObject => {
  const known = wrappingKeys.get(key)
  if (known !== undefined) return known
  const made = createSecretKey(key)
  wrappingKeys.set(key, made)
  return made
}

export const sealRefreshToken = (token: RefreshToken, key: Buffer, random: Random): string => {
  const contentKey = random.bytes(contentKeyBytes)
  const wrap = createCipheriv(wrapCipher, wrappingKeyOf(key), wrapInitialValue)
  const wrapped = Buffer.concat([wrap.update(contentKey), wrap.final()])
  const nonce = random.bytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(contentKey), nonce)
  cipher.setAAD(Buffer.from(header, 'ascii'))
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(token), 'utf8'), cipher.final()])
  return [
    header,
    ...[wrapped, nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')),
  ].join('.')
}

/** The token, or undefined for anything that `sealRefreshToken` didn't make under this key. Expiry is the caller's to check. */
export const openRefreshToken = (sealed: string, key: Buffer): RefreshToken | undefined => {
  const parts = sealed.length > charactersMax ? [] : sealed.split('.')
  if (parts.length !== 5 || parts[0] !== header) return undefined
  const [wrapped, nonce, ciphertext, tag] = parts.slice(1).map((part) => Buffer.from(part, 'base64url'))
  if (wrapped?.length !== contentKeyBytes + 8 || nonce?.length !== nonceBytes || tag?.length !== tagBytes)
    return undefined
  if (ciphertext === undefined) return undefined
  try {
    const unwrap = createDecipheriv(wrapCipher, wrappingKeyOf(key), wrapInitialValue)
    const contentKey = Buffer.concat([unwrap.update(wrapped), unwrap.final()])
    const decipher = createDecipheriv('aes-256-gcm', createSecretKey(contentKey), nonce, {
      authTagLength: tagBytes,
    })
    decipher.setAAD(Buffer.from(header, 'ascii'))
    decipher.setAuthTag(tag)
    const plain = Buffer.concat([decipher.update(ciphertext), decipher.final()])
    return JSON.parse(plain.toString('utf8')) as RefreshToken
  } catch {
    // OpenSSL reports a broken seal as an error of its own; for the caller the token simply isn't one of ours.
    return undefined
  }
}
