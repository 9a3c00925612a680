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

export const updateAlias = keyOperation({
  name: 'UpdateAlias',
  handle: async (input, context) => {
    const name = requireAliasName(input.AliasName)
    const arn = aliasArnOf(name, context)
    requireAccountCaller('kms:UpdateAlias', context, arn)
    const stored = await context.records.aliases.get(name)
    if (stored === undefined) throw new Fault('NotFoundException', `Alias ${arn} is not found.`)
    await requireKeyPermission(stored.value.keyId, 'kms:UpdateAlias', context)
    const { value } = await findKey(requireKeyTarget(input.TargetKeyId), 'kms:UpdateAlias', context)
    requireNotPendingDeletion(value, context)
    await context.records.aliases.replace(stored, {
      ...stored.value,
      keyId: value.keyId,
      updatedAtMs: context.clock.now(),
    })
    return {}
  },
})
