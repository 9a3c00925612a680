// How a bug is planted into a simulation: by standing between a Region's process and what it is handed. The bugs are in mutations.test.ts.
import type { PeerHandlers, PeerTransport } from '../../../src/replication/peer-port.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Dice } from './dice.ts'
import type { Disk } from './disk.ts'
import type { Life } from './life.ts'

export type About = { readonly region: string; readonly disk: Disk; readonly dice: Dice; readonly life: Life }

export type Mutation = {
  readonly memoryStore?: { readonly comparesDigests: boolean }
  /** The store as everything in the process gets it. */
  store?(store: Store, about: About): Store
  /** The store as the vault writes through it; `bare` is the one below the write guard. */
  writes?(guarded: Store, bare: Store): Store
  transport?(transport: PeerTransport, about: About): PeerTransport
  handlers?(handlers: PeerHandlers, about: Pick<About, 'region' | 'disk'>): PeerHandlers
}
