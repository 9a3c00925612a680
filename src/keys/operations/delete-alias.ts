// DeleteAlias: the name goes, the key stays.

import { Fault } from '../../wire/fault.ts'
import { requireAliasName } from '../alias-name.ts'
import { aliasArnOf, keyOperation, requireAccountCaller } from '../key-operation.ts'

export const deleteAlias = keyOperation({
  name: 'DeleteAlias',
  handle: async (input, context) => {
    requireAccountCaller('kms:DeleteAlias', context)
    const name = requireAliasName(input.AliasName)
    const stored = await context.records.aliases.get(name)
    if (stored === undefined)
      throw new Fault('NotFoundException', `Alias ${aliasArnOf(name, context)} is not found.`)
    await context.records.aliases.delete(stored)
    return {}
  },
})
