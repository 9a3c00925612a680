// The wrapped data keys of a scope: made, opened through the key that wraps them, and kept in memory for a set time.

import type { Store } from '../store/store.ts'
import type { Clock } from '../telemetry/clock.ts'
import type { DataKey } from './envelope.ts'
import { deriveSearchKey } from './search-hash.ts'

/** What wraps data keys: a customer managed key in a key service, or the Region's own. Rejects with a Fault that names the key. */
export type KeyWrapper = {
  /** A new 32-byte key, wrapped. */
  generate(): Promise<Uint8Array>
  /** Wraps a key that exists already, when a pool moves to another wrapping key. */
  wrap(plaintext: Uint8Array): Promise<Uint8Array>
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
}

/** The keyring as it is stored: nothing in it opens anything without the key that wraps it. */
export type Keyring = {
  /** ARN of the customer managed key as the primary Region names it; absent for the Region's own key. */
  readonly kmsKeyArn?: string
  /** ARN of the pool in the Region that made the ring: the encryption context and source ARN of every call to the key service. */
  readonly poolArn: string
  readonly search: string
  /** Oldest first: the last one seals, the others only open what has not been sealed again yet. IDs are never given twice. */
  readonly dataKeys: readonly { readonly id: number; readonly wrapped: string }[]
  /** The Region in which the key was last changed: only there can regional data be sealed under an older data key. */
  readonly changedIn?: string
}

/** The keys of a scope in the clear. */
export type OpenKeys = {
  readonly searchKey: Uint8Array
  /** Seals new records. */
  readonly current: DataKey
  find(id: number): DataKey | undefined
  /** Versions of the ring and of its fence that these keys were read with; 0 for one that is not there. */
  readonly ringVersion: number
  readonly fenceVersion: number
}

/** More than a pool has unless its key is changed again and again while records are still being sealed anew. */
export const dataKeysMax = 16

export const keyringKeyOf = (scope: string): string => `${scope}/keyring/current`
/** Beside a pool's regional data; rewritten whenever the ring gets or loses a key (see fenced-store.ts). */
export const fenceKeyOf = (scope: string): string => `@${scope}/keyring/fence`

/** Makes a ring with one search root and one data key. */
export const makeKeyring = async (
  wrapper: KeyWrapper,
  about: { readonly poolArn: string; readonly kmsKeyArn?: string },
): Promise<Keyring> => {
  const [search, first] = await Promise.all([wrapper.generate(), wrapper.generate()])
  return {
    ...(about.kmsKeyArn === undefined ? {} : { kmsKeyArn: about.kmsKeyArn }),
    poolArn: about.poolArn,
    search: Buffer.from(search).toString('base64'),
    dataKeys: [{ id: 1, wrapped: Buffer.from(first).toString('base64') }],
  }
}

/** The same keys wrapped anew under the key that the pool moves to, and a new one that seals from now on. */
export const movedKeyring = async (
  keyring: Keyring,
  from: KeyWrapper,
  to: KeyWrapper,
  target: { readonly kmsKeyArn: string | undefined; readonly region: string },
): Promise<Keyring> => {
  const rewrap = async (wrapped: string): Promise<string> =>
    Buffer.from(await to.wrap(await from.unwrap(Buffer.from(wrapped, 'base64')))).toString('base64')
  const [made, search, ...dataKeys] = await Promise.all([
    to.generate(),
    rewrap(keyring.search),
    ...keyring.dataKeys.map(async ({ id, wrapped }) => ({ id, wrapped: await rewrap(wrapped) })),
  ])
  const id = Math.max(...dataKeys.map((key) => key.id)) + 1
  return {
    ...(target.kmsKeyArn === undefined ? {} : { kmsKeyArn: target.kmsKeyArn }),
    poolArn: keyring.poolArn,
    search,
    dataKeys: [...dataKeys, { id, wrapped: Buffer.from(made).toString('base64') }],
    changedIn: target.region,
  }
}

export const openKeyring = async (
  keyring: Keyring,
  wrapper: KeyWrapper,
  versions: Pick<OpenKeys, 'ringVersion' | 'fenceVersion'>,
): Promise<OpenKeys> => {
  const [searchRoot, ...keys] = await Promise.all([
    wrapper.unwrap(Buffer.from(keyring.search, 'base64')),
    ...keyring.dataKeys.map(async ({ id, wrapped }) => ({
      id,
      bytes: await wrapper.unwrap(Buffer.from(wrapped, 'base64')),
    })),
  ])
  const byId = new Map(keys.map((key) => [key.id, key]))
  const current = keys.at(-1)
  if (current === undefined) throw new Error('a keyring holds at least one data key')
  return { searchKey: deriveSearchKey(searchRoot), current, find: (id) => byId.get(id), ...versions }
}

/** A ring and its version in the store, so that a change of the ring can be checked against. */
export type StoredKeyring = { readonly keyring: Keyring; readonly version: number }

export const readKeyring = async (store: Store, scope: string): Promise<StoredKeyring | undefined> => {
  const record = await store.get(keyringKeyOf(scope))
  if (record === undefined) return undefined
  return {
    keyring: JSON.parse(Buffer.from(record.value).toString('utf8')) as Keyring,
    version: record.version,
  }
}

/** Keeps the opened keys of one scope for `lifetimeMs`, then asks the key service again. A failure is never kept. */
export const keyCache = (options: {
  readonly clock: Clock
  readonly lifetimeMs: number
  load(): Promise<OpenKeys>
}): { keys(): Promise<OpenKeys>; forget(): void } => {
  let cached: { readonly keys: OpenKeys; readonly expiresAtMs: number } | undefined
  let loading: Promise<OpenKeys> | undefined
  /** What began to be read before the keys were forgotten is not kept. */
  let generation = 0
  const load = async (): Promise<OpenKeys> => {
    const askedAtMs = options.clock.now()
    const began = generation
    try {
      const keys = await options.load()
      if (began === generation) cached = { keys, expiresAtMs: askedAtMs + options.lifetimeMs }
      return keys
    } finally {
      if (began === generation) loading = undefined
    }
  }
  return {
    keys: () => {
      if (cached !== undefined && options.clock.now() < cached.expiresAtMs)
        return Promise.resolve(cached.keys)
      cached = undefined
      loading ??= load()
      return loading
    },
    forget: () => {
      generation += 1
      cached = undefined
      loading = undefined
    },
  }
}
