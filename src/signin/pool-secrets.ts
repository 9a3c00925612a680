// The keys that sign-in derives from a pool's token key: one for each purpose, the same in every Region of the pool.
import { hkdfSync } from 'node:crypto'
import { type TokenKey, tokenKeys } from '../directory/records/user-pool.ts'
import type { Records } from '../vault/records.ts'

export type PoolSecrets = {
  /** Seals challenge sessions and SRP's secret blocks. */
  readonly session: Buffer
  /** Wraps the content keys of refresh tokens. */
  readonly refreshToken: Buffer
  /** Makes the credentials of users who don't exist. */
  readonly decoy: Buffer
  /** Signs the tokens by which users give feedback on their events. */
  readonly feedback: Buffer
}

/** Keyed by the opened record, which the vault keeps as long as its version is current. */
const derived = new WeakMap<TokenKey, PoolSecrets>()

const derive = (tokenKey: TokenKey): PoolSecrets => {
  const root = Buffer.from(tokenKey.secret, 'base64')
  const keyFor = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', root, tokenKey.poolId, `twinpool ${purpose} v1`, 32))
  return {
    session: keyFor('session'),
    refreshToken: keyFor('refresh token'),
    decoy: keyFor('decoy'),
    feedback: keyFor('event feedback'),
  }
}

export const poolSecrets = async (poolId: string, records: Pick<Records, 'get'>): Promise<PoolSecrets> => {
  const stored = await records.get(tokenKeys, poolId)
  if (stored === undefined) throw new Error(`pool ${poolId} has no token key`)
  const known = derived.get(stored.value)
  if (known !== undefined) return known
  const made = derive(stored.value)
  derived.set(stored.value, made)
  return made
}
