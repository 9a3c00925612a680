// UpdatePrimaryRegion: a replica key becomes the primary, and the primary its replica. A replica whose primary is lost becomes the primary by itself.
import { Fault, isFault } from '../../wire/fault.ts'
import {
  conditionsOf,
  findKey,
  type KeyContext,
  keyArnOf,
  keyOperation,
  requireUsable,
} from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import type { PeerKeyServices } from '../peers.ts'
import { sealPayload, sharedOf, tellReplicas, unreachable } from '../related-keys.ts'
import { replicaConditions } from '../request-conditions.ts'

/** More than a primary that is lost can have told the other replicas, and not this one. */
const versionsAhead = 1_000_000

/** Only the primary's own Region can say that it has the key no more: one that doesn't answer may come back with it. */
const isLostThere = async (
  keyId: string,
  primaryRegion: string,
  peers: PeerKeyServices,
): Promise<boolean> => {
  try {
    await peers.send(primaryRegion, { kind: 'find', keyId })
    return false
  } catch (error) {
    if (isFault(error) && error.code === 'NotFoundException') return true
    throw unreachable(primaryRegion, error)
  }
}

/** The caller as the replica's Region has to know them, where nobody's own policies are read for this request. */
const callerFor = (target: string, key: KeyRecord, context: KeyContext) => {
  const { caller, account } = context
  if (caller.kind === 'service') return { callerArn: '' }
  const action = 'kms:UpdatePrimaryRegion'
  const conditions = [...conditionsOf(action, { ...context, region: target })]
  const decision = caller.decide?.({
    action,
    resource: keyArnOf(key.keyId, { region: target, account }),
    context: new Map([...conditions, ...replicaConditions(key)]),
  })
  return { callerArn: caller.arn, conditions, ...(decision === undefined ? {} : { decision }) }
}

export const updatePrimaryRegion = keyOperation({
  name: 'UpdatePrimaryRegion',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:UpdatePrimaryRegion', context)
    const key = stored.value
    const target = input.PrimaryRegion ?? ''
    const arn = keyArnOf(key.keyId, context)
    const { multiRegion } = key
    requireUsable(key, context)
    if (multiRegion === undefined)
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-region key.`)
    // It is what was asked for: also when the answer to an earlier request was lost.
    if (multiRegion.primaryRegion === target) return {}
    const { primaryRegion } = multiRegion
    if (primaryRegion !== context.region) {
      if (target === context.region && (await isLostThere(key.keyId, primaryRegion, context.peers))) {
        const found = {
          ...key,
          multiRegion: {
            primaryRegion: context.region,
            replicaRegions: multiRegion.replicaRegions.filter((region) => region !== context.region),
            version: multiRegion.version + versionsAhead,
          },
        }
        await context.records.keys.replace(stored, found)
        await tellReplicas(found, context)
        return {}
      }
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-Region primary key.`)
    }
    if (!multiRegion.replicaRegions.includes(target))
      throw new Fault('NotFoundException', `${arn} has no replica key in Region ${target}.`)
    const changed = {
      ...key,
      multiRegion: {
        primaryRegion: target,
        replicaRegions: [...multiRegion.replicaRegions.filter((region) => region !== target), context.region],
        version: multiRegion.version + 1,
      },
    }
    try {
      await context.peers.send(target, {
        kind: 'become-primary',
        keyId: key.keyId,
        sealed: sealPayload(sharedOf(changed), target, context),
        ...callerFor(target, key, context),
      })
    } catch (error) {
      throw unreachable(target, error)
    }
    // The new primary tells the other replicas, and this one too should the Region stop here.
    await context.records.keys.replace(stored, changed)
    return {}
  },
})
