// ListRetirableGrants: the grants of all keys of this Region that a principal can retire.
import { Fault } from '../../wire/fault.ts'
import { describedGrant } from '../grants.ts'
import { keyArnOf, keyOperation, requireAccountCaller } from '../key-operation.ts'
import { pageOf } from '../pages.ts'

const keysMax = 10_000

export const listRetirableGrants = keyOperation({
  name: 'ListRetirableGrants',
  handle: async (input, context) => {
    const { RetiringPrincipal: retirer, RetiringServicePrincipal: service } = input
    if ((retirer === undefined) === (service === undefined))
      throw new Fault(
        'ValidationException',
        'Give RetiringPrincipal or RetiringServicePrincipal, and not both.',
      )
    requireAccountCaller('kms:ListRetirableGrants', context, { resource: retirer ?? '*' })
    // Only services list by a service principal, and none of them asks this one.
    if (retirer === undefined)
      throw new Fault(
        'AccessDeniedException',
        'RetiringServicePrincipal is for callers in a service principal.',
      )
    const all = (await context.records.grants.list(undefined, keysMax)).flatMap(({ value }) =>
      value.grants
        .filter((grant) => grant.retirer === retirer)
        .map((grant) =>
          describedGrant(grant, { arn: keyArnOf(value.keyId, context), account: context.account }),
        ),
    )
    const { page, ...rest } = pageOf(all, ({ GrantId }) => GrantId ?? '', input, 50)
    return { Grants: [...page], ...rest }
  },
})
