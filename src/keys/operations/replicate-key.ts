// ReplicateKey: makes a related key in another Region: same ID and material; policy, tags and description are its own.
import type { KeyMetadata } from '@aws-sdk/client-kms'
import { Fault } from '../../wire/fault.ts'
import { keyMetadata } from '../key-metadata.ts'
import { findKey, keyArnOf, keyOperation, requireAccountCaller, requireUsable } from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { defaultPolicy, parseNewPolicy } from '../policy.ts'
import { requireFuturePolicyAccess } from '../policy-lockout.ts'
import { sealPayload, sharedMessage, sharedOf, unreachable, withShared } from '../related-keys.ts'
import { replicaConditions } from '../request-conditions.ts'
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
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-region key.`)
    if (key.multiRegion.primaryRegion !== context.region)
      throw new Fault('UnsupportedOperationException', `${arn} is not a multi-Region primary key.`)
    const alreadyThere = new Fault(
      'AlreadyExistsException',
      `A related multi-Region key of ${arn} already exists in Region ${target}.`,
    )
    if (target === context.region)
      throw new Fault(
        'ValidationException',
        `${target} cannot have a replica because it contains the primary.`,
      )
    const isListed = key.multiRegion.replicaRegions.includes(target)
    if (!context.peers.knownRegions.includes(target))
      throw new Fault('UnsupportedOperationException', `Region ${target} is not a Region of this deployment.`)
    // The caller makes a key in the other Region, and perhaps tags it ("Control access to multi-Region keys", KMS Developer Guide).
    const conditions = replicaConditions(key)
    const there = { ...context, region: target }
    requireAccountCaller('kms:CreateKey', there, { conditions })
    if (input.Tags !== undefined && input.Tags.length > 0)
      requireAccountCaller('kms:TagResource', there, { conditions })
    const policy = input.Policy ?? defaultPolicy(context.account)
    parseNewPolicy(policy)
    if (input.BypassPolicyLockoutSafetyCheck !== true) requireFuturePolicyAccess(policy, key.keyId, there)
    const tags = mergeTags({}, input.Tags ?? [])
    const replicaRegions = isListed
      ? key.multiRegion.replicaRegions
      : [...key.multiRegion.replicaRegions, target]
    const changed = withShared(key, { replicaRegions })
    const payload = {
      ...sharedOf(changed),
      createdAtMs: context.clock.now(),
      description: input.Description ?? '',
      policy,
      tags,
    }
    try {
      await context.peers.send(target, {
        kind: 'create-replica',
        keyId: key.keyId,
        sealed: sealPayload(payload, target, context),
      })
    } catch (error) {
      // One that is listed is made again only where its Region has lost it, and says so by taking it.
      throw isListed ? alreadyThere : unreachable(target, error)
    }
    await context.records.keys.replace(stored, changed)
    for (const region of key.multiRegion.replicaRegions)
      await context.news.tell(region, sharedMessage(changed, region, context))
    const { primaryRegion: _primary, replicaRegions: _replicas, version, ...own } = payload
    const replica: KeyRecord = {
      ...own,
      isEnabled: true,
      multiRegion: { primaryRegion: context.region, replicaRegions, version },
    }
    // As in AWS, the answer shows the key as it was when the answer was made: still coming into being.
    const metadata: KeyMetadata = {
      ...keyMetadata(replica, { ...context, region: target }),
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
