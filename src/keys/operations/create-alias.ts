// CreateAlias: a name for a key of this Region.

import { Fault } from '../../wire/fault.ts'
import { requireAliasName, requireKeyTarget } from '../alias-name.ts'
import {
  aliasArnOf,
  findKey,
  keyOperation,
  requireAccountCaller,
  requireNotPendingDeletion,
} from '../key-operation.ts'

export const createAlias = keyOperation({
  name: 'CreateAlias',
  handle: async (input, context) => {
    requireAccountCaller('kms:CreateAlias', context)
    const name = requireAliasName(input.AliasName)
    const { value } = await findKey(requireKeyTarget(input.TargetKeyId), 'kms:CreateAlias', context)
    requireNotPendingDeletion(value, context)
    if ((await context.records.aliases.get(name)) !== undefined)
      throw new Fault(
        'AlreadyExistsException',
        `An alias with the name ${aliasArnOf(name, context)} already exists`,
      )
    const now = context.clock.now()
    await context.records.aliases.create({ name, keyId: value.keyId, createdAtMs: now, updatedAtMs: now })
    return {}
  },
})
