// ListGrants: the grants of a key, or those of one grantee.
import { Fault } from '../../wire/fault.ts'
import { describedGrant } from '../grants.ts'
import { findKey, keyArnOf, keyOperation } from '../key-operation.ts'
import { pageOf, placeOfNumber } from '../pages.ts'

export const listGrants = keyOperation({
  name: 'ListGrants',
  handle: async (input, context) => {
    const { value: key } = await findKey(input.KeyId ?? '', 'kms:ListGrants', context)
    const grants = (await context.records.grants.get(key.keyId))?.value.grants ?? []
    const { GrantId, GranteePrincipal, GranteeServicePrincipal } = input
    if (GrantId !== undefined && !grants.some(({ grantId }) => grantId === GrantId))
      throw new Fault('InvalidGrantIdException', `The grant ${GrantId} is not one of this key.`)
    const grantee = GranteePrincipal ?? GranteeServicePrincipal
    const wanted = grants.filter(
      (grant) =>
        (GrantId === undefined || grant.grantId === GrantId) &&
        (grantee === undefined || grant.grantee === grantee),
    )
    const about = { arn: keyArnOf(key.keyId, context), account: context.account }
    const { page, ...rest } = pageOf(
      wanted,
      ({ createdAtMs, grantId }) => `${placeOfNumber(createdAtMs)} ${grantId}`,
      input,
      50,
    )
    return { Grants: page.map((grant) => describedGrant(grant, about)), ...rest }
  },
})
