// ListRetirableGrants: the grants of all keys of this Region that a principal can retire.
import { Fault } from '../../wire/fault.ts'
import { describedGrant } from '../grants.ts'
import { keyArnOf, keyOperation, requireAccountCaller } from '../key-operation.ts'
import { pageOf } from '../pages.ts'

const keysMax = 10_000

export const listRetirableGrants = keyOperation({
  name: 'ListRetirableGrants',
  handle: async (input, context) => {
    requireAccountCaller('kms:ListRetirableGrants', context)
    const retirer = input.RetiringPrincipal ?? input.RetiringServicePrincipal
    if (retirer === undefined) throw new Fault('ValidationException', 'RetiringPrincipal must be given.')
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
