// UpdatePrimaryRegion: a replica key becomes the primary, and the primary its replica.
import { Fault } from '../../wire/fault.ts'
import { findKey, keyArnOf, keyOperation, requireNotPendingDeletion } from '../key-operation.ts'
import { sealPayload, sharedOf, unreachable } from '../related-keys.ts'

export const updatePrimaryRegion = keyOperation({
  name: 'UpdatePrimaryRegion',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:UpdatePrimaryRegion', context)
    const key = stored.value
    const target = input.PrimaryRegion ?? ''
    const arn = keyArnOf(key.keyId, context)
    const { multiRegion } = key
    requireNotPendingDeletion(key, context)
    if (!key.isEnabled) throw new Fault('DisabledException', `${arn} is disabled.`)
    if (multiRegion === undefined)
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-Region key.`)
    // It is what was asked for: also when the answer to an earlier request was lost.
    if (multiRegion.primaryRegion === target) return {}
    if (multiRegion.primaryRegion !== context.region)
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-Region primary key.`)
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
        callerArn: context.caller.kind === 'account' ? context.caller.arn : '',
      })
    } catch (error) {
      throw unreachable(target, error)
    }
    // The new primary tells the other replicas, and this one too should the Region stop here.
    await context.records.keys.replace(stored, changed)
    return {}
  },
})
