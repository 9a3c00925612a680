// Identities at other providers that are linked to a user: kept in the attribute `identities`, and each found as an alias of its own kind.
import type { ProviderUserIdentifierType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Attributes } from './attribute-rules.ts'
import { aliases, type User, users } from './records/user.ts'

/** As the attribute holds them (developer guide, "Linking federated users to an existing user profile"). */
export type LinkedIdentity = {
  readonly userId: string
  readonly providerName: string
  readonly providerType: string
  readonly issuer: string | null
  readonly primary: boolean
  readonly dateCreated: number
}

/** Same page: identities that a user can have linked. */
export const linkedIdentitiesMax = 5
/** The kind of alias; no attribute has this name, so nobody signs in by it. */
export const identityAliasKind = 'identity'

export const identitiesOf = (attributes: Attributes): readonly LinkedIdentity[] =>
  attributes.identities === undefined ? [] : (JSON.parse(attributes.identities) as LinkedIdentity[])

export const withIdentities = (attributes: Attributes, identities: readonly LinkedIdentity[]): Attributes => {
  const { identities: _, ...others } = attributes
  return identities.length === 0 ? others : { ...others, identities: JSON.stringify(identities) }
}

const aliasValueOf = ({ providerName, userId }: Pick<LinkedIdentity, 'providerName' | 'userId'>): string =>
  JSON.stringify([providerName, userId])

export const identityAliases = (attributes: Attributes): User['aliases'] =>
  identitiesOf(attributes).map((identity) => ({
    attribute: identityAliasKind,
    value: aliasValueOf(identity),
  }))

/** The name that somebody who signs in elsewhere and isn't linked has as a user of their own (developer guide, "Adding user pool sign-in through a third party"). */
export const federatedUsername = ({
  providerName,
  userId,
}: Pick<LinkedIdentity, 'providerName' | 'userId'>): string => `${providerName}_${userId}`

/** The user to whom an identity is linked. */
export const findLinkedUser = async (
  records: Pick<Records, 'get'>,
  identity: Pick<LinkedIdentity, 'providerName' | 'userId'>,
): Promise<Stored<User> | undefined> => {
  const key = aliases.keyOf({ kind: identityAliasKind, value: aliasValueOf(identity), usernameKey: '' })
  const alias = await records.get(aliases, key)
  return alias === undefined ? undefined : records.get(users, alias.value.usernameKey)
}

/** Provider and ID of a user there. Throws InvalidParameterException when one is missing. */
export const identityIn = (
  given: ProviderUserIdentifierType | undefined,
  name: string,
): { readonly providerName: string; readonly userId: string } => {
  const { ProviderName: providerName, ProviderAttributeValue: userId } = given ?? {}
  if (providerName === undefined || userId === undefined || userId === '')
    throw new Fault('InvalidParameterException', `${name} needs ProviderName and ProviderAttributeValue.`)
  return { providerName, userId }
}
