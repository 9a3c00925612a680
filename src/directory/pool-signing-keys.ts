// The two RSA-2048 key pairs with which a pool signs: one for ID tokens, one for access tokens.
import { generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWK } from 'jose'
import type { Random } from '../telemetry/clock.ts'
import type { SigningKey } from './records/user-pool.ts'

const generate = promisify(generateKeyPair)

const kidBytes = 32

const exported = (key: KeyObject): JWK => key.export({ format: 'jwk' }) as JsonWebKey as JWK

const makePair = async (use: SigningKey['use'], random: Random): Promise<[SigningKey, JWK]> => {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 })
  // Cognito's key IDs are base64 of 32 bytes, padding and all.
  const kid = random.bytes(kidBytes).toString('base64')
  const { kty, n, e } = exported(publicKey)
  return [
    { use, kid, privateJwk: exported(privateKey) },
    { alg: 'RS256', e, kid, kty, n, use: 'sig' },
  ]
}

/** Makes both pairs off the main thread: the private halves, and the public ones as the JWKS shows them. */
export const makeSigningKeys = async (
  random: Random,
): Promise<{ readonly signing: readonly SigningKey[]; readonly jwks: readonly JWK[] }> => {
  const pairs = await Promise.all([makePair('id', random), makePair('access', random)])
  return { signing: pairs.map(([signing]) => signing), jwks: pairs.map(([, jwk]) => jwk) }
}
