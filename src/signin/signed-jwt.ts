// JWTs signed and verified with a pool's RSA keys (RS256, RFC 7518 section 3.3). Signing runs on libuv's threads, so all cores sign.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import { type PublicPool, type SigningKey, signingKeys } from '../directory/records/user-pool.ts'
import type { Records } from '../vault/records.ts'

type Signer = { readonly key: KeyObject; readonly header: string }
export type Claims = Readonly<Record<string, unknown>>

/** Keyed by the opened record, which the vault keeps as long as its version is current. */
const signers = new WeakMap<SigningKey, Signer>()

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const signerOf = (signingKey: SigningKey): Signer => {
  const known = signers.get(signingKey)
  if (known !== undefined) return known
  const made = {
    key: createPrivateKey({ key: signingKey.privateJwk, format: 'jwk' }),
    header: encode({ kid: signingKey.kid, alg: 'RS256' }),
  }
  signers.set(signingKey, made)
  return made
}

/** Signs claims with the pool's key for `use`. */
export const signJwt = async (
  use: SigningKey['use'],
  claims: Claims,
  poolRecords: Pick<Records, 'get'>,
): Promise<string> => {
  const stored = await poolRecords.get(signingKeys, use)
  if (stored === undefined) throw new Error(`the pool has no ${use} signing key`)
  const { key, header } = signerOf(stored.value)
  const content = `${header}.${encode(claims)}`
  const signature = await new Promise<Buffer>((resolve, reject) =>
    sign('sha256', Buffer.from(content), key, (error, made) =>
      error === null ? resolve(made) : reject(error),
    ),
  )
  return `${content}.${signature.toString('base64url')}`
}

const publicKeysMax = 1_000
const publicKeys = new LRUCache<string, KeyObject>({ max: publicKeysMax })

const publicKeyOf = (jwk: JWK): KeyObject => {
  const modulus = jwk.n ?? ''
  const known = publicKeys.get(modulus)
  if (known !== undefined) return known
  const made = createPublicKey({ key: jwk, format: 'jwk' })
  publicKeys.set(modulus, made)
  return made
}

const jwtCharactersMax = 16_384

const decode = (part: string | undefined): Claims | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * The claims of a JWT that one of the pool's keys signed with RS256; `forged` for one that names such a key and isn't signed by it,
 * undefined for anything else. Expiry is the caller's to check.
 */
export const verifiedClaims = (jwt: string, pool: PublicPool): Claims | 'forged' | undefined => {
  const parts = jwt.length > jwtCharactersMax ? [] : jwt.split('.')
  if (parts.length !== 3) return undefined
  const [header, payload, signature] = parts
  const decodedHeader = decode(header)
  if (decodedHeader?.alg !== 'RS256') return undefined
  const jwk = pool.jwks.find(({ kid }) => kid === decodedHeader.kid)
  if (jwk === undefined) return undefined
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    publicKeyOf(jwk),
    Buffer.from(signature ?? '', 'base64url'),
  )
  return isSigned ? decode(payload) : 'forged'
}
