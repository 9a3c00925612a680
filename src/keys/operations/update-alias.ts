// UpdateAlias: the name points to another key of this Region. It takes the permission on the alias and on both keys.
import { Fault } from '../../wire/fault.ts'
import { requireAliasName, requireKeyTarget } from '../alias-name.ts'
import {
  aliasArnOf,
  findKey,
  keyOperation,
  requireAccountCaller,
  requireKeyPermission,
  requireNotPendingDeletion,
} from '../key-operation.ts'
import type { KeyRecord } from '../key-records.ts'
import { kindOf, usageOf } from '../key-specs.ts'

const purposeOf = (key: KeyRecord): string => `${kindOf(key)} ${usageOf(key)}`

export const updateAlias = keyOperation({
  name: 'UpdateAlias',
  handle: async (input, context) => {
    const name = requireAliasName(input.AliasName)
    const arn = aliasArnOf(name, context)
    requireAccountCaller('kms:UpdateAlias', context, { resource: arn })
    const stored = await context.records.aliases.get(name)
    if (stored === undefined) throw new Fault('NotFoundException', `Alias ${arn} is not found.`)
    await requireKeyPermission(stored.value.keyId, 'kms:UpdateAlias', context)
    const { value } = await findKey(requireKeyTarget(input.TargetKeyId), 'kms:UpdateAlias', context)
    requireNotPendingDeletion(value, context)
    const former = await context.records.keys.get(stored.value.keyId)
    // So that a program that uses the alias does not find a key that can't do what it asks (UpdateAlias, KMS API Reference).
    if (former !== undefined && purposeOf(former.value) !== purposeOf(value))
      throw new Fault(
        'ValidationException',
        'The current and the new KMS key of an alias must be of the same type (symmetric, asymmetric or HMAC) and have the same key usage.',
      )
    await context.records.aliases.replace(stored, {
      ...stored.value,
      keyId: value.keyId,
      updatedAtMs: context.clock.now(),
    })
    return {}
  },
})
