// RevokeGrant: the key's owner takes a grant back.
import { Fault } from '../../wire/fault.ts'
import { findKey, keyOperation } from '../key-operation.ts'

export const revokeGrant = keyOperation({
  name: 'RevokeGrant',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:RevokeGrant', context)
    const stored = await context.records.grants.get(key.keyId)
    const kept = stored?.value.grants.filter(({ grantId }) => grantId !== input.GrantId) ?? []
    if (stored === undefined || kept.length === stored.value.grants.length)
      throw new Fault('NotFoundException', `The grant ${input.GrantId} was not found on this key.`)
    if (input.DryRun !== true)
      await context.records.grants.replace(stored, { keyId: key.keyId, grants: kept })
    return {}
  },
})
