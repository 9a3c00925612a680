// RetireGrant: a grant ends because its work is done: by its retiring principal, by a grantee who may, or by the account.
import type { RetireGrantRequest } from '@aws-sdk/client-kms'
import { Fault } from '../../wire/fault.ts'
import { authorizeRetiring } from '../authorize.ts'
import { readGrantToken } from '../grants.ts'
import { keyOperation, keyRequestOf, resolveKey } from '../key-operation.ts'

/** The grant that a token names, or a key and an ID. */
const named = (input: RetireGrantRequest): { readonly keyId: string; readonly grantId: string } => {
  const { GrantToken, KeyId, GrantId } = input
  if ((GrantToken === undefined) === (KeyId === undefined || GrantId === undefined))
    throw new Fault('ValidationException', 'Give a GrantToken, or KeyId and GrantId.')
  if (GrantToken === undefined) return { keyId: KeyId ?? '', grantId: GrantId ?? '' }
  const read = readGrantToken(GrantToken)
  if (read === undefined) throw new Fault('InvalidGrantTokenException', 'The grant token is not valid.')
  return read
}

export const retireGrant = keyOperation({
  name: 'RetireGrant',
  handle: async (input, context) => {
    const { keyId: reference, grantId } = named(input)
    const { value: key } = await resolveKey(reference, 'kms:RetireGrant', context)
    const stored = await context.records.grants.get(key.keyId)
    const grant = stored?.value.grants.find((one) => one.grantId === grantId)
    if (stored === undefined || grant === undefined)
      throw new Fault('NotFoundException', `The grant ${grantId} was not found on this key.`)
    authorizeRetiring(key.policy, await keyRequestOf(key, 'kms:RetireGrant', context), grant)
    if (input.DryRun !== true)
      await context.records.grants.replace(stored, {
        keyId: key.keyId,
        grants: stored.value.grants.filter((one) => one !== grant),
      })
    return {}
  },
})
