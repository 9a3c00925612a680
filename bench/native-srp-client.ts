// The client's side of SRP over OpenSSL's exponentiation: as fast as the server's, so that it doesn't limit a benchmark.
import { hkdfSync, randomBytes } from 'node:crypto'
import { powerOfGenerator, secretPower } from '../src/srp/modular-exponentiation.ts'
import { k, N, poolNameOf, sha256, signedBytes, toBigInt } from '../src/srp/srp-group.ts'
import { claimSignature, scrambleOf } from '../src/srp/srp-server.ts'

const sessionKeyBytes = 16
const info = 'Caldera Derived Key'

export type SrpChallenge = {
  /** USER_ID_FOR_SRP, SRP_B, SALT and SECRET_BLOCK of the challenge. */
  readonly username: string
  readonly serverPublic: string
  readonly salt: string
  readonly secretBlock: string
  readonly timestamp: string
}

const bytesOf = (value: bigint): Buffer => {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

/** A client of one user, with one ephemeral key for its life: the server's work is the same, and the client's one exponentiation. */
export const createSrpClient = (poolId: string, password: string) => {
  const poolName = poolNameOf(poolId)
  const secret = randomBytes(32)
  const a = toBigInt(secret)
  const clientPublic = powerOfGenerator(secret).toString(16)
  let known: { readonly salt: string; readonly x: bigint; readonly kv: bigint } | undefined

  const passwordFacts = (username: string, salt: string) => {
    if (known?.salt === salt) return known
    const digest = sha256(signedBytes(BigInt(`0x${salt}`)), sha256(`${poolName}${username}:${password}`))
    known = { salt, x: toBigInt(digest), kv: (k * powerOfGenerator(digest)) % N }
    return known
  }

  return {
    clientPublic,
    /** PASSWORD_CLAIM_SIGNATURE. */
    claim: ({ username, serverPublic, salt, secretBlock, timestamp }: SrpChallenge): string => {
      const u = toBigInt(scrambleOf(clientPublic, serverPublic))
      const { x, kv } = passwordFacts(username, salt)
      const base = (BigInt(`0x${serverPublic}`) + N - kv) % N
      const shared = secretPower(base, bytesOf(a + u * x))
      const key = Buffer.from(hkdfSync('sha256', signedBytes(shared), signedBytes(u), info, sessionKeyBytes))
      return claimSignature(key, {
        poolName,
        username,
        secretBlock: Buffer.from(secretBlock, 'base64'),
        timestamp,
      }).toString('base64')
    },
  }
}
