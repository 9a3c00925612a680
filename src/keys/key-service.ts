// The KMS-compatible key service of a Region, as the wire sees it, with the side that other Regions' key services talk to.
import type { Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { DataKey } from '../vault/envelope.ts'
import { loadModel } from '../wire/model.ts'
import type { Service } from '../wire/service.ts'
import { eraseKey, type KeyServiceParts } from './key-operation.ts'
import { openKeyRecords } from './key-records.ts'
import { createNews } from './news.ts'
import { keyOperations } from './operations/registry.ts'
import type { PeerKeyServices } from './peers.ts'
import { acceptPeerMessage } from './related-keys.ts'

const sweptKeysMax = 10_000

export type KeyService = Service & {
  /** Takes what another Region's key service sent; the transport has made sure who sent it. */
  acceptPeerMessage(fromRegion: string, message: unknown): Promise<void>
  /** Erases the keys whose deletion date has come. Keys are also erased when they are next asked for. */
  sweep(): Promise<void>
  close(): Promise<void>
}

export type KeyServiceOptions = {
  readonly region: string
  readonly account: string
  readonly store: Store
  readonly rootKey: DataKey
  /** The same in all Regions of the deployment: seals key material on its way to a related key. */
  readonly transportKey: DataKey
  readonly clock: Clock
  readonly random: Random
  readonly peers: PeerKeyServices
  readonly log: Logger
}

/** Rejects with RootKeyRefused when the store's keys are under another root key. */
export const createKeyService = async (options: KeyServiceOptions): Promise<KeyService> => {
  const { region, account, clock, random, peers, transportKey, log } = options
  const records = await openKeyRecords(options)
  const news = createNews({ records, peers, random, log })
  const parts: KeyServiceParts = { region, account, clock, random, records, peers, news, transportKey }
  const operations = new Map(keyOperations.map((operation) => [operation.name, operation]))
  return {
    model: loadModel('kms'),
    isBuilt: (name) => operations.has(name),
    invoke: ({ operation: name, input, caller }) => {
      const operation = operations.get(name)
      if (operation === undefined || caller === undefined)
        throw new Error(`${name} is not built, or came unsigned`)
      return operation.handle(input as never, { ...parts, caller })
    },
    acceptPeerMessage: (fromRegion, message) => acceptPeerMessage(fromRegion, message, parts),
    sweep: async () => {
      for (const stored of await records.keys.list(undefined, sweptKeysMax)) {
        const atMs = stored.value.deletion?.atMs
        if (atMs !== undefined && atMs <= clock.now()) await eraseKey(stored, parts)
      }
    },
    close: () => news.close(),
  }
}
