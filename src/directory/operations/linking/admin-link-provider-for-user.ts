// AdminLinkProviderForUser: whoever signs in there under this ID is this user of the pool.
import { Fault } from '../../../wire/fault.ts'
import { replaceUser } from '../../change-user.ts'
import { findUser, requireUser } from '../../find-user.ts'
import {
  federatedUsername,
  findLinkedUser,
  identitiesOf,
  identityIn,
  linkedIdentitiesMax,
  withIdentities,
} from '../../linked-identities.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { identityProviders } from '../../records/identity-provider.ts'

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

export const adminLinkProviderForUser = operation({
  name: 'AdminLinkProviderForUser',
  runs: 'primary',
  handle: async (input, context) => {
    const { records, poolId } = context.pool
    const destination = identityIn(input.DestinationUser, 'DestinationUser')
    const source = identityIn(input.SourceUser, 'SourceUser')
    if (source.providerName === 'Cognito')
      throw refuse(
        'Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser',
      )
    if (input.SourceUser?.ProviderAttributeName === undefined)
      throw refuse('SourceUser needs ProviderAttributeName.')
    const provider = await records.get(identityProviders, source.providerName)
    if (provider === undefined)
      throw refuse(`The provider ${source.providerName} does not exist for User Pool ${poolId}.`)
    const { value: userPool } = await readPool(context.pool)
    const stored = await requireUser(
      records,
      userPool,
      destination.providerName === 'Cognito' ? destination.userId : federatedUsername(destination),
    )
    if ((await findUser(records, userPool, federatedUsername(source))) !== undefined)
      throw refuse(
        'Merging is not currently supported, provide a SourceUser that has not been signed up in order to link',
      )
    const owner = await findLinkedUser(records, source)
    if (owner?.value.sub === stored.value.sub) throw refuse('SourceUser is already linked to DestinationUser')
    if (owner !== undefined)
      throw new Fault('AliasExistsException', 'SourceUser is already linked to another user.')
    const { attributes } = stored.value
    const linked = identitiesOf(attributes)
    if (linked.length >= linkedIdentitiesMax)
      throw new Fault(
        'LimitExceededException',
        `A user can have at most ${linkedIdentitiesMax} linked identities.`,
      )
    const identity = {
      ...source,
      providerType: provider.value.type,
      issuer: provider.value.type === 'SAML' ? (provider.value.details.EntityId ?? null) : null,
      primary: false,
      dateCreated: context.clock.now(),
    }
    await replaceUser(context, userPool, stored, {
      attributes: withIdentities(attributes, [...linked, identity]),
    })
    return {}
  },
})
