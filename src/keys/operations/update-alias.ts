// UpdateAlias: the name points to another key of this Region.

import { Fault } from '../../wire/fault.ts'
import { requireAliasName, requireKeyTarget } from '../alias-name.ts'
import {
  aliasArnOf,
  findKey,
  keyOperation,
  requireAccountCaller,
  requireNotPendingDeletion,
} from '../key-operation.ts'

export const updateAlias = keyOperation({
  name: 'UpdateAlias',
  handle: async (input, context) => {
    requireAccountCaller('kms:UpdateAlias', context)
    const name = requireAliasName(input.AliasName)
    const stored = await context.records.aliases.get(name)
    if (stored === undefined)
      throw new Fault('NotFoundException', `Alias ${aliasArnOf(name, context)} is not found.`)
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
