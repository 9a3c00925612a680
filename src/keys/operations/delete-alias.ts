// DeleteAlias: the name goes, the key stays. It takes the permission on the alias and on the key.
import { Fault } from '../../wire/fault.ts'
import { requireAliasName } from '../alias-name.ts'
import { aliasArnOf, keyOperation, requireAccountCaller, requireKeyPermission } from '../key-operation.ts'

export const deleteAlias = keyOperation({
  name: 'DeleteAlias',
  handle: async (input, context) => {
    const name = requireAliasName(input.AliasName)
    const arn = aliasArnOf(name, context)
    requireAccountCaller('kms:DeleteAlias', context, { resource: arn })
    const stored = await context.records.aliases.get(name)
    if (stored === undefined) throw new Fault('NotFoundException', `Alias ${arn} is not found.`)
    await requireKeyPermission(stored.value.keyId, 'kms:DeleteAlias', context)
    await context.records.aliases.delete(stored)
    return {}
  },
})
