// Related keys: what they share, how it is sealed on its way, and the receiving side of the news between key services.
import { z } from 'zod'
import { type DataKey, open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault, isFault } from '../wire/fault.ts'
import { aliasesOf } from './aliases.ts'
import { authorize } from './authorize.ts'
import { noteImported } from './imported-everywhere.ts'
import { withoutBytes } from './key-material.ts'
import { keyArnOf, requireUsable } from './key-operation.ts'
import type { KeyRecord, StoredRecord } from './key-records.ts'
import type { KeyServiceParts } from './key-service-parts.ts'
import type { PeerMessage, ReplicaPayload, SharedPayload } from './peers.ts'
import { keyConditions } from './request-conditions.ts'

const dayMs = 86_400_000

type SealingParts = Pick<KeyServiceParts, 'transportKey' | 'random'>

/** The payload sealed for one Region. */
export const sealPayload = (
  payload: SharedPayload | ReplicaPayload,
  target: string,
  { transportKey, random }: SealingParts,
): string =>
  seal(
    transportKey,
    Buffer.from(JSON.stringify(payload)),
    `key ${payload.keyId} for ${target}`,
    random,
  ).toString('base64')

const openPayload = <Payload extends SharedPayload>(
  sealed: string,
  keyId: string,
  transportKey: DataKey,
  region: string,
): Payload => {
  try {
    const bytes = open(transportKey, Buffer.from(sealed, 'base64'), `key ${keyId} for ${region}`)
    return JSON.parse(bytes.toString('utf8')) as Payload
  } catch (cause) {
    if (cause instanceof SealBroken)
      throw new Fault('InvalidCiphertextException', 'The key material of the peer does not open here.', {
        cause,
      })
    throw cause
  }
}

/** What of a key its related keys get. Imported material never leaves the Region that it was imported in. */
export const sharedOf = (key: KeyRecord): SharedPayload => {
  const { keyId, origin, spec, usage, materials, rotation, multiRegion } = key
  if (multiRegion === undefined) throw new Error('a single-Region key shares nothing')
  return {
    keyId,
    origin,
    ...(spec === undefined ? {} : { spec }),
    ...(usage === undefined ? {} : { usage }),
    materials: origin === 'EXTERNAL' ? materials.map(withoutBytes) : materials,
    ...(rotation === undefined ? {} : { rotation }),
    ...multiRegion,
  }
}

export const sharedMessage = (key: KeyRecord, target: string, parts: SealingParts): PeerMessage => ({
  kind: 'shared',
  keyId: key.keyId,
  sealed: sealPayload(sharedOf(key), target, parts),
})

/** The key with a change that all related keys share, and so with a newer version. */
export const withShared = (
  key: KeyRecord,
  change: Partial<Pick<KeyRecord, 'materials'>> & {
    readonly rotation?: KeyRecord['rotation']
    readonly replicaRegions?: readonly string[]
  },
): KeyRecord => {
  const { replicaRegions, ...own } = change
  const { rotation: kept, multiRegion, ...rest } = key
  const rotation = 'rotation' in change ? change.rotation : kept
  return {
    ...rest,
    ...(own.materials === undefined ? {} : { materials: own.materials }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(multiRegion === undefined
      ? {}
      : {
          multiRegion: {
            ...multiRegion,
            ...(replicaRegions === undefined ? {} : { replicaRegions }),
            version: multiRegion.version + 1,
          },
        }),
  }
}

/** Tells all replicas, durably, what they share with this primary now. */
export const tellReplicas = async (
  key: KeyRecord,
  parts: Pick<KeyServiceParts, 'news' | 'transportKey' | 'random'>,
): Promise<void> => {
  for (const region of key.multiRegion?.replicaRegions ?? [])
    await parts.news.tell(region, sharedMessage(key, region, parts))
}

/** The Fault for a message that another Region did not take: its own refusal, or that it can't be reached. */
export const unreachable = (region: string, error: unknown): Fault =>
  isFault(error)
    ? error
    : new Fault('KMSInternalException', `Region ${region} can't be reached. Please try again.`, {
        status: 500,
        cause: error,
      })

/** This Region's key with what its primary shares; imported bytes stay as they are here. */
const taking = (key: KeyRecord, shared: SharedPayload): KeyRecord => {
  const { materials, rotation, primaryRegion, replicaRegions, version, origin } = shared
  const own = new Map(key.materials.map((material) => [material.id, material]))
  const { rotation: _former, ...rest } = key
  return {
    ...rest,
    materials:
      origin === 'EXTERNAL'
        ? materials.map((material) => {
            const { bytes, imported } = own.get(material.id) ?? {}
            return {
              ...material,
              ...(bytes === undefined ? {} : { bytes }),
              ...(imported === undefined ? {} : { imported }),
            }
          })
        : materials,
    ...(rotation === undefined ? {} : { rotation }),
    multiRegion: { primaryRegion, replicaRegions, version },
  }
}

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('create-replica'), keyId: z.string(), sealed: z.string() }),
  z.object({ kind: z.literal('shared'), keyId: z.string(), sealed: z.string() }),
  z.object({
    kind: z.literal('become-primary'),
    keyId: z.string(),
    sealed: z.string(),
    callerArn: z.string(),
    decision: z.enum(['Allow', 'Deny']).optional(),
    conditions: z.array(z.tuple([z.string(), z.array(z.string())])).optional(),
  }),
  z.object({ kind: z.literal('find'), keyId: z.string() }),
  z.object({ kind: z.literal('imported'), keyId: z.string(), materialId: z.string() }),
  z.object({ kind: z.literal('replica-deleted'), keyId: z.string() }),
])

/** Takes a message of another Region's key service. Rejects with a Fault when it can't be done; doing it twice is harmless. */
export const acceptPeerMessage = async (
  fromRegion: string,
  body: unknown,
  parts: KeyServiceParts,
): Promise<void> => {
  const parsed = message.safeParse(body)
  if (!parsed.success) throw new Fault('ValidationException', 'The message of the peer is not understood.')
  const news = parsed.data
  const stored = await parts.records.keys.get(news.keyId)
  switch (news.kind) {
    case 'create-replica':
      return createReplica(news, fromRegion, stored, parts)
    case 'shared':
      return takeShared(news, fromRegion, stored, parts)
    case 'become-primary':
      return becomePrimary(news, fromRegion, stored, parts)
    case 'find':
      return requireThere(news.keyId, stored, parts)
    case 'imported':
      return noteImported(news, fromRegion, parts)
    case 'replica-deleted':
      return forgetReplica(fromRegion, stored, parts)
  }
}

type Sealed = { readonly keyId: string; readonly sealed: string }
type StoredKey = StoredRecord<KeyRecord>

const createReplica = async (
  news: Sealed,
  fromRegion: string,
  stored: StoredKey | undefined,
  parts: KeyServiceParts,
): Promise<void> => {
  if (stored !== undefined)
    throw new Fault('AlreadyExistsException', `${keyArnOf(news.keyId, parts)} already exists.`)
  const payload = openPayload<ReplicaPayload>(news.sealed, news.keyId, parts.transportKey, parts.region)
  if (payload.primaryRegion !== fromRegion)
    throw new Fault('ValidationException', 'Only the primary key’s Region makes replicas.')
  const { primaryRegion, replicaRegions, version, ...key } = payload
  await parts.records.keys.create({
    ...key,
    isEnabled: true,
    multiRegion: { primaryRegion, replicaRegions, version },
  })
}

const takeShared = async (
  news: Sealed,
  fromRegion: string,
  stored: StoredKey | undefined,
  parts: KeyServiceParts,
): Promise<void> => {
  if (stored === undefined) return
  const { multiRegion } = stored.value
  const shared = openPayload<SharedPayload>(news.sealed, news.keyId, parts.transportKey, parts.region)
  if (multiRegion === undefined || shared.version <= multiRegion.version) return
  if (shared.primaryRegion !== fromRegion || !shared.replicaRegions.includes(parts.region)) return
  await parts.records.keys.replace(stored, taking(stored.value, shared))
}

const requireThere = (keyId: string, stored: StoredKey | undefined, parts: KeyServiceParts): void => {
  if (stored === undefined)
    throw new Fault('NotFoundException', `Key '${keyArnOf(keyId, parts)}' does not exist`)
}

type BecomePrimary = Extract<PeerMessage, { kind: 'become-primary' }>

/** The caller needs the permission on both keys ("Change the primary key", KMS Developer Guide). Throws AccessDeniedException. */
const requireMayBecomePrimary = async (
  { callerArn, decision, conditions = [] }: BecomePrimary,
  key: KeyRecord,
  { account, region, records }: KeyServiceParts,
): Promise<void> => {
  const isRoot = callerArn === `arn:aws:iam::${account}:root`
  const caller = { kind: 'account', account, accessKeyId: '', arn: callerArn } as const
  const aliases = (await aliasesOf(records)).filter(({ keyId }) => keyId === key.keyId)
  const names = aliases.map(({ name }) => name)
  await authorize(key.policy, {
    caller: isRoot ? caller : { ...caller, decide: () => decision },
    action: 'kms:UpdatePrimaryRegion',
    keyArn: keyArnOf(key.keyId, { account, region }),
    account,
    conditions: new Map([...conditions, ...keyConditions(key, names, region)]),
  })
}

const becomePrimary = async (
  news: BecomePrimary,
  fromRegion: string,
  stored: StoredKey | undefined,
  parts: KeyServiceParts,
): Promise<void> => {
  const arn = keyArnOf(news.keyId, parts)
  if (stored === undefined) return requireThere(news.keyId, stored, parts)
  const { multiRegion } = stored.value
  const shared = openPayload<SharedPayload>(news.sealed, news.keyId, parts.transportKey, parts.region)
  if (multiRegion === undefined || shared.version <= multiRegion.version) return
  const mayCome = [fromRegion, parts.region].includes(multiRegion.primaryRegion)
  if (!mayCome || shared.primaryRegion !== parts.region)
    throw new Fault('UnsupportedOperationException', `${arn} is not a replica of the key in ${fromRegion}.`)
  await requireMayBecomePrimary(news, stored.value, parts)
  requireUsable(stored.value, parts)
  const primary = taking(stored.value, shared)
  await parts.records.keys.replace(stored, primary)
  await tellReplicas(primary, parts)
}

const forgetReplica = async (
  fromRegion: string,
  stored: StoredKey | undefined,
  parts: KeyServiceParts,
): Promise<void> => {
  const multiRegion = stored?.value.multiRegion
  if (stored === undefined || multiRegion === undefined) return
  if (multiRegion.primaryRegion !== parts.region || !multiRegion.replicaRegions.includes(fromRegion)) return
  const replicaRegions = multiRegion.replicaRegions.filter((region) => region !== fromRegion)
  const { deletion } = stored.value
  const isLast = replicaRegions.length === 0 && deletion !== undefined
  const changed: KeyRecord = {
    ...withShared(stored.value, { replicaRegions }),
    ...(isLast ? { deletion: { ...deletion, atMs: parts.clock.now() + deletion.windowDays * dayMs } } : {}),
  }
  await parts.records.keys.replace(stored, changed)
  await tellReplicas(changed, parts)
}
