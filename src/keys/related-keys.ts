// The receiving side of news between key services: a replica is made, relations change, a replica is gone.
import { z } from 'zod'
import type { Random } from '../telemetry/clock.ts'
import { type DataKey, open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'
import { type KeyServiceParts, keyArnOf } from './key-operation.ts'
import type { KeyRecord } from './key-records.ts'
import type { ReplicaPayload } from './peers.ts'

const dayMs = 86_400_000

/** The payload sealed for one Region. */
export const sealReplica = (
  payload: ReplicaPayload,
  target: string,
  transportKey: DataKey,
  random: Random,
): string =>
  seal(
    transportKey,
    Buffer.from(JSON.stringify(payload)),
    `key ${payload.keyId} for ${target}`,
    random,
  ).toString('base64')

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('create-replica'), keyId: z.string(), sealed: z.string() }),
  z.object({
    kind: z.literal('relations'),
    keyId: z.string(),
    primaryRegion: z.string(),
    replicaRegions: z.array(z.string()).max(100),
  }),
  z.object({ kind: z.literal('replica-deleted'), keyId: z.string() }),
])

/** Takes a message of another Region's key service. Rejects with a Fault when it can't be done; doing it twice is harmless. */
export const acceptPeerMessage = async (
  fromRegion: string,
  body: unknown,
  parts: KeyServiceParts,
): Promise<void> => {
  const news = message.safeParse(body)
  if (!news.success) throw new Fault('ValidationException', 'The message of the peer is not understood.')
  const { records } = parts
  const stored = await records.keys.get(news.data.keyId)
  if (news.data.kind === 'create-replica') {
    if (stored !== undefined)
      throw new Fault('AlreadyExistsException', `${keyArnOf(news.data.keyId, parts)} already exists.`)
    await records.keys.create(openReplica(news.data.sealed, news.data.keyId, fromRegion, parts))
    return
  }
  if (stored === undefined) return
  const key = stored.value
  if (key.multiRegion === undefined) return
  if (news.data.kind === 'relations') {
    if (key.multiRegion.primaryRegion !== fromRegion) return
    const { primaryRegion, replicaRegions } = news.data
    await records.keys.replace(stored, { ...key, multiRegion: { primaryRegion, replicaRegions } })
    return
  }
  const replicaRegions = key.multiRegion.replicaRegions.filter((region) => region !== fromRegion)
  const { deletion } = key
  const isLast = replicaRegions.length === 0 && deletion !== undefined
  await records.keys.replace(stored, {
    ...key,
    multiRegion: { ...key.multiRegion, replicaRegions },
    ...(isLast ? { deletion: { ...deletion, atMs: parts.clock.now() + deletion.windowDays * dayMs } } : {}),
  })
  for (const region of replicaRegions)
    await parts.news.tell(region, {
      kind: 'relations',
      keyId: key.keyId,
      primaryRegion: parts.region,
      replicaRegions,
    })
}

const openReplica = (
  sealed: string,
  keyId: string,
  fromRegion: string,
  parts: KeyServiceParts,
): KeyRecord => {
  let payload: ReplicaPayload
  try {
    const bytes = open(parts.transportKey, Buffer.from(sealed, 'base64'), `key ${keyId} for ${parts.region}`)
    payload = JSON.parse(bytes.toString('utf8')) as ReplicaPayload
  } catch (cause) {
    if (cause instanceof SealBroken)
      throw new Fault('InvalidCiphertextException', 'The key material of the peer does not open here.', {
        cause,
      })
    throw cause
  }
  if (payload.primaryRegion !== fromRegion)
    throw new Fault('ValidationException', 'Only the primary key’s Region makes replicas.')
  const { material, createdAtMs, description, policy, tags, primaryRegion, replicaRegions } = payload
  return {
    keyId,
    material,
    createdAtMs,
    description,
    policy,
    tags,
    isEnabled: true,
    multiRegion: { primaryRegion, replicaRegions },
  }
}
