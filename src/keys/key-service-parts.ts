// What the parts of the key service are given.
import type { Clock, Random } from '../telemetry/clock.ts'
import type { DataKey } from '../vault/envelope.ts'
import type { KeyRecord, KeyRecords, StoredRecord } from './key-records.ts'
import type { News } from './news.ts'
import type { PeerKeyServices } from './peers.ts'

export type KeyServiceParts = {
  readonly region: string
  readonly account: string
  readonly clock: Clock
  readonly random: Random
  readonly records: KeyRecords
  readonly peers: PeerKeyServices
  readonly news: News
  readonly transportKey: DataKey
}

export type Rotations = {
  /** Gives the key a new material. Resolves when that is kept; where there are related keys it encrypts once all have it. */
  begin(stored: StoredRecord<KeyRecord>, type: 'AUTOMATIC' | 'ON_DEMAND'): Promise<void>
  /** Rotates the keys whose day has come, and erases imported material that is past its time. */
  sweep(): Promise<void>
  close(): Promise<void>
}
