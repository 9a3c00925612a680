// The KMS-compatible key service of a Region, as the wire sees it, with the side that other Regions' key services talk to.
import type { Store } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { DataKey } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import { loadModel } from '../wire/model.ts'
import type { Service } from '../wire/service.ts'
import { readGrantToken } from './grants.ts'
import { eraseKey } from './key-operation.ts'
import { type KeyRecords, openKeyRecords } from './key-records.ts'
import type { KeyServiceParts } from './key-service-parts.ts'
import { createNews } from './news.ts'
import { notThere, whyKeyOperationIsNotBuilt } from './not-there.ts'
import { keyOperations } from './operations/registry.ts'
import type { PeerKeyServices } from './peers.ts'
import { acceptPeerMessage } from './related-keys.ts'
import { createRotations } from './rotations.ts'
import { createUsage, isUse } from './usage.ts'

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

/** Members that many operations have in common. */
type CallOptions = {
  readonly DryRun?: boolean
  readonly GrantTokens?: readonly string[]
  readonly Recipient?: object
}
type UsingOutput = { readonly KeyId?: string; readonly SourceKeyId?: string }

const keysUsed = ({ KeyId, SourceKeyId }: UsingOutput): readonly string[] => [
  ...new Set(
    [KeyId, SourceKeyId].flatMap((arn) => (arn === undefined ? [] : [arn.slice(arn.indexOf('/') + 1)])),
  ),
]

/** A grant holds from the moment it is made, so its token adds nothing; but one that names no grant is refused, as in AWS. */
const requireGrantTokens = async ({ GrantTokens = [] }: CallOptions, records: KeyRecords): Promise<void> => {
  for (const token of GrantTokens) {
    const named = readGrantToken(token)
    const grants = named === undefined ? undefined : (await records.grants.get(named.keyId))?.value.grants
    if (grants?.some(({ grantId }) => grantId === named?.grantId) !== true)
      throw new Fault('InvalidGrantTokenException', 'A grant token is not valid.')
  }
}

/** Rejects with RootKeyRefused when the store's keys are under another root key. */
export const createKeyService = async (options: KeyServiceOptions): Promise<KeyService> => {
  const { region, account, clock, random, peers, transportKey, log } = options
  const records = await openKeyRecords(options)
  const news = createNews({ records, peers, random, log })
  const parts: KeyServiceParts = { region, account, clock, random, records, peers, news, transportKey }
  const rotations = createRotations(parts, log)
  const usage = createUsage(records, log)
  const operations = new Map(keyOperations.map((operation) => [operation.name, operation]))
  return {
    model: loadModel('kms'),
    isBuilt: (name) => operations.has(name),
    whyNotBuilt: (name) => {
      const because = whyKeyOperationIsNotBuilt[name]
      return because === undefined ? undefined : `${name} is not built: ${because}.`
    },
    invoke: async ({ operation: name, input, caller, requestId, sourceIp }) => {
      const operation = operations.get(name)
      if (operation === undefined || caller === undefined)
        throw new Error(`${name} is not built, or came unsigned`)
      const options = input as CallOptions
      // Such a caller asks that no plaintext be in the answer: to go on without the attestation would put it there.
      if (options.Recipient !== undefined)
        throw notThere('Attested recipients (AWS Nitro Enclaves, NitroTPM)')
      await requireGrantTokens(options, records)
      const request = { input: input as Readonly<Record<string, unknown>>, sourceIp }
      const output = await operation.handle(input as never, { ...parts, caller, request, rotations, usage })
      if (options.DryRun === true)
        throw new Fault(
          'DryRunOperationException',
          'The request would have succeeded, but the DryRun option is set.',
          { status: 412 },
        )
      if (isUse(name))
        for (const keyId of keysUsed(output as UsingOutput))
          usage.note({ keyId, operation: name, requestId, atMs: clock.now() })
      return output
    },
    acceptPeerMessage: (fromRegion, message) => acceptPeerMessage(fromRegion, message, parts),
    sweep: async () => {
      for (const stored of await records.keys.list(undefined, sweptKeysMax)) {
        const atMs = stored.value.deletion?.atMs
        if (atMs !== undefined && atMs <= clock.now()) await eraseKey(stored, parts)
      }
      await rotations.sweep()
    },
    close: async () => {
      await rotations.close()
      await usage.close()
      await news.close()
    },
  }
}
