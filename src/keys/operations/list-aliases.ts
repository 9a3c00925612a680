// ListAliases: all of this Region, or those of one key.
import { aliasesOf } from '../aliases.ts'
import { aliasArnOf, findKey, keyOperation, requireAccountCaller } from '../key-operation.ts'
import { pageOf } from '../pages.ts'

export const listAliases = keyOperation({
  name: 'ListAliases',
  handle: async (input, context) => {
    requireAccountCaller('kms:ListAliases', context)
    const only =
      input.KeyId === undefined
        ? undefined
        : (await findKey(input.KeyId, 'kms:ListAliases', context)).value.keyId
    const aliases = (await aliasesOf(context.records)).filter(
      ({ keyId }) => only === undefined || keyId === only,
    )
    const { page, ...rest } = pageOf(aliases, ({ name }) => name, input, 50)
    return {
      Aliases: page.map(({ name, keyId, createdAtMs, updatedAtMs }) => ({
        AliasName: name,
        AliasArn: aliasArnOf(name, context),
        TargetKeyId: keyId,
        CreationDate: new Date(createdAtMs),
        LastUpdatedDate: new Date(updatedAtMs),
      })),
      ...rest,
    }
  },
})
