// CreateKey: a key of any spec, single- or multi-Region, with material made here or to be imported.

import { Fault } from '../../wire/fault.ts'
import { keyMetadata } from '../key-metadata.ts'
import { keyOperation, requireAccountCaller } from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { requirePurpose } from '../key-specs.ts'
import { notThere } from '../not-there.ts'
import { defaultPolicy, parseNewPolicy } from '../policy.ts'
import { requireFuturePolicyAccess } from '../policy-lockout.ts'
import { specConditions } from '../request-conditions.ts'
import { makeMaterial } from '../spec-material.ts'
import { mergeTags } from '../tags.ts'

const keysMax = 10_000

export const createKey = keyOperation({
  name: 'CreateKey',
  handle: async (input, context) => {
    if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined)
      throw new Fault(
        'ValidationException',
        'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
      )
    const { spec, usage } = requirePurpose(input.KeySpec ?? input.CustomerMasterKeySpec, input.KeyUsage)
    const conditions = specConditions({ spec, usage })
    requireAccountCaller('kms:CreateKey', context, { conditions })
    if (input.Tags !== undefined && input.Tags.length > 0)
      requireAccountCaller('kms:TagResource', context, { conditions })
    const origin = input.Origin ?? 'AWS_KMS'
    if ((origin !== 'AWS_KMS' && origin !== 'EXTERNAL') || input.CustomKeyStoreId !== undefined)
      throw notThere('Custom key stores')
    const policy = input.Policy ?? defaultPolicy(context.account)
    parseNewPolicy(policy)
    const tags = mergeTags({}, input.Tags ?? [])
    const random = context.random.bytes(16)
    const keyId = input.MultiRegion === true ? `mrk-${random.toString('hex')}` : uuidOf(random)
    if (input.BypassPolicyLockoutSafetyCheck !== true) requireFuturePolicyAccess(policy, keyId, context)
    if ((await context.records.keys.list(undefined, keysMax)).length >= keysMax)
      throw new Fault('LimitExceededException', `An account has at most ${keysMax} keys in a Region.`)
    const key: KeyRecord = {
      keyId,
      origin,
      ...(spec === 'SYMMETRIC_DEFAULT' ? {} : { spec, usage }),
      materials: origin === 'EXTERNAL' ? [] : [await makeMaterial(spec, keyId, context.random)],
      description: input.Description ?? '',
      policy,
      tags,
      isEnabled: true,
      createdAtMs: context.clock.now(),
      ...(input.MultiRegion === true
        ? { multiRegion: { primaryRegion: context.region, replicaRegions: [], version: 1 } }
        : {}),
    }
    await context.records.keys.create(key)
    return { KeyMetadata: keyMetadata(key, context) }
  },
})

/** A version 4 UUID (RFC 9562, section 5.4) from 16 random bytes. */
const uuidOf = (random: Buffer): string => {
  const bytes = Buffer.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
