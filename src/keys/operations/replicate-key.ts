// ReplicateKey: makes a related key in another Region: same ID and material; policy, tags and description are its own.
import type { KeyMetadata } from '@aws-sdk/client-kms'
import { Fault, isFault } from '../../wire/fault.ts'
import { keyMetadata } from '../key-metadata.ts'
import { findKey, keyArnOf, keyOperation, requireUsable } from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { defaultPolicy, parsePolicy } from '../policy.ts'
import { requireFuturePolicyAccess } from '../policy-lockout.ts'
import { sealReplica } from '../related-keys.ts'
import { mergeTags } from '../tags.ts'

export const replicateKey = keyOperation({
  name: 'ReplicateKey',
  handle: async (input, context) => {
    const stored = await findKey(input.KeyId ?? '', 'kms:ReplicateKey', context)
    const key = stored.value
    const target = input.ReplicaRegion ?? ''
    const arn = keyArnOf(key.keyId, context)
    requireUsable(key, context)
    if (key.multiRegion === undefined)
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-Region key.`)
    if (key.multiRegion.primaryRegion !== context.region)
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-Region primary key.`)
    if (target === context.region || key.multiRegion.replicaRegions.includes(target))
      throw new Fault(
        'AlreadyExistsException',
        `A related multi-Region key of ${arn} already exists in Region ${target}.`,
      )
    if (!context.peers.knownRegions.includes(target))
      throw new Fault('UnsupportedOperationException', `Region ${target} is not a Region of this deployment.`)
    const policy = input.Policy ?? defaultPolicy(context.account)
    parsePolicy(policy)
    if (input.BypassPolicyLockoutSafetyCheck !== true)
      requireFuturePolicyAccess(policy, key.keyId, { ...context, region: target })
    const tags = mergeTags({}, input.Tags ?? [])
    const replicaRegions = [...key.multiRegion.replicaRegions, target]
    const payload = {
      keyId: key.keyId,
      material: key.material,
      createdAtMs: context.clock.now(),
      description: input.Description ?? '',
      policy,
      tags,
      primaryRegion: context.region,
      replicaRegions,
    }
    try {
      await context.peers.send(target, {
        kind: 'create-replica',
        keyId: key.keyId,
        sealed: sealReplica(payload, target, context.transportKey, context.random),
      })
    } catch (error) {
      if (isFault(error)) throw error
      throw new Fault('KMSInternalException', `Region ${target} can't be reached. Please try again.`, {
        status: 500,
        cause: error,
      })
    }
    await context.records.keys.replace(stored, {
      ...key,
      multiRegion: { ...key.multiRegion, replicaRegions },
    })
    for (const region of key.multiRegion.replicaRegions)
      await context.news.tell(region, {
        kind: 'relations',
        keyId: key.keyId,
        primaryRegion: context.region,
        replicaRegions,
      })
    const replica: KeyRecord = {
      ...payload,
      isEnabled: true,
      multiRegion: { primaryRegion: context.region, replicaRegions },
    }
    // As in AWS, the answer shows the key as it was when the answer was made: still coming into being.
    const metadata: KeyMetadata = {
      ...keyMetadata(replica, { region: target, account: context.account }),
      KeyState: 'Creating',
      Enabled: false,
    }
    return {
      ReplicaKeyMetadata: metadata,
      ReplicaPolicy: policy,
      ReplicaTags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    }
  },
})
