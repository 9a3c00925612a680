// How a bug is planted into a simulation: by standing between a Region's process and what it is handed. The bugs are in ../mutations*.test.ts.
import type { PeerHandlers, PeerTransport } from '../../../src/replication/peer-port.ts'
import type { Store } from '../../../src/store/store.ts'
import type { KeyServiceClient } from '../../../src/vault/key-service-client.ts'
import type { Dice } from './dice.ts'
import type { Disk } from './disk.ts'
import type { Life } from './life.ts'

export type About = { readonly region: string; readonly disk: Disk; readonly dice: Dice; readonly life: Life }

/** Made anew for each run. */
export type Mutation = {
  readonly memoryStore?: { readonly comparesDigests: boolean }
  /** The store as everything in the process gets it. */
  store?(store: Store, about: About): Store
  /** The store as the vault writes through it; `bare` is the one below the write guard. */
  writes?(guarded: Store, bare: Store): Store
  /** The key service as the Region asks it; `unrefusing` opens whatever the key's state and policy say. */
  keyService?(client: KeyServiceClient, unrefusing: KeyServiceClient): KeyServiceClient
  transport?(transport: PeerTransport, about: About): PeerTransport
  handlers?(handlers: PeerHandlers, about: Pick<About, 'region' | 'disk'>): PeerHandlers
}

/** Runs seeds from 1 on until one finds the bug; resolves with what it says. Rejects when `seeds` of them don't, or something else fails. */
export const finding = async (
  run: (seed: number) => Promise<unknown>,
  seeds: number,
): Promise<{ readonly seed: number; readonly what: string }> => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      await run(seed)
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'SimulationFailure') throw error
      return { seed, what: error.message.split('\n', 1)[0] ?? '' }
    }
  }
  throw new Error(`${seeds} seeds did not find the bug`)
}
