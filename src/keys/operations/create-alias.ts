// CreateAlias: a name for a key of this Region.
import { Fault } from '../../wire/fault.ts'
import { requireAliasName, requireKeyTarget } from '../alias-name.ts'
import { aliasesMax, aliasesOf } from '../aliases.ts'
import {
  aliasArnOf,
  findKey,
  keyOperation,
  requireAccountCaller,
  requireNotPendingDeletion,
} from '../key-operation.ts'

/** "Resource quotas", KMS Developer Guide. */
const aliasesPerKeyMax = 50

export const createAlias = keyOperation({
  name: 'CreateAlias',
  handle: async (input, context) => {
    const name = requireAliasName(input.AliasName)
    const arn = aliasArnOf(name, context)
    requireAccountCaller('kms:CreateAlias', context, { resource: arn })
    const { value } = await findKey(requireKeyTarget(input.TargetKeyId), 'kms:CreateAlias', context)
    requireNotPendingDeletion(value, context)
    if ((await context.records.aliases.get(name)) !== undefined)
      throw new Fault('AlreadyExistsException', `An alias with the name ${arn} already exists`)
    const all = await aliasesOf(context.records)
    if (all.length >= aliasesMax)
      throw new Fault('LimitExceededException', `A Region has at most ${aliasesMax} aliases.`)
    if (all.filter(({ keyId }) => keyId === value.keyId).length >= aliasesPerKeyMax)
      throw new Fault('LimitExceededException', `A KMS key has at most ${aliasesPerKeyMax} aliases.`)
    const now = context.clock.now()
    await context.records.aliases.create({ name, keyId: value.keyId, createdAtMs: now, updatedAtMs: now })
    return {}
  },
})
