// Identity providers: what each type must be given, what Cognito knows of it by itself, and how one is shown.
import type {
  IdentityProviderType,
  IdentityProviderTypeType,
  SchemaAttributeType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type IdentityProvider, identityProviders } from './records/identity-provider.ts'

/** Developer guide, "Quotas". */
export const identityProvidersMax = 300

type TypeRule = {
  /** Each inner list: one of these must be there. */
  readonly required: readonly (readonly string[])[]
  /** Endpoints of the provider, added to what was given (API reference, CreateIdentityProvider, "ProviderDetails"). */
  readonly known: Readonly<Record<string, string>>
  /** The claim that names the user where no mapping says so. */
  readonly usernameClaim: string | undefined
  /** A social provider has its type for a name. */
  readonly isNamedByType: boolean
}

const social = (
  usernameClaim: string,
  known: Readonly<Record<string, string>>,
  required = ['client_id', 'client_secret', 'authorize_scopes'],
): TypeRule => ({ required: required.map((name) => [name]), known, usernameClaim, isNamedByType: true })

const rules: Readonly<Record<IdentityProviderTypeType, TypeRule>> = {
  SAML: {
    required: [['MetadataURL', 'MetadataFile']],
    known: {},
    usernameClaim: undefined,
    isNamedByType: false,
  },
  OIDC: {
    required: [
      ['client_id'],
      ['attributes_request_method'],
      ['authorize_scopes'],
      ['oidc_issuer', 'authorize_url'],
    ],
    known: { attributes_url_add_attributes: 'false' },
    usernameClaim: 'sub',
    isNamedByType: false,
  },
  Facebook: social('id', {
    attributes_url: 'https://graph.facebook.com/v17.0/me?fields=',
    attributes_url_add_attributes: 'true',
    authorize_url: 'https://www.facebook.com/v17.0/dialog/oauth',
    token_request_method: 'GET',
    token_url: 'https://graph.facebook.com/v17.0/oauth/access_token',
  }),
  Google: social('sub', {
    attributes_url: 'https://people.googleapis.com/v1/people/me?personFields=',
    attributes_url_add_attributes: 'true',
    authorize_url: 'https://accounts.google.com/o/oauth2/v2/auth',
    oidc_issuer: 'https://accounts.google.com',
    token_request_method: 'POST',
    token_url: 'https://www.googleapis.com/oauth2/v4/token',
  }),
  LoginWithAmazon: social('user_id', {
    attributes_url: 'https://api.amazon.com/user/profile',
    attributes_url_add_attributes: 'false',
    authorize_url: 'https://www.amazon.com/ap/oa',
    token_request_method: 'POST',
    token_url: 'https://api.amazon.com/auth/o2/token',
  }),
  SignInWithApple: social(
    'sub',
    {
      attributes_url_add_attributes: 'false',
      authorize_url: 'https://appleid.apple.com/auth/authorize',
      oidc_issuer: 'https://appleid.apple.com',
      token_request_method: 'POST',
      token_url: 'https://appleid.apple.com/auth/token',
    },
    ['client_id', 'team_id', 'key_id', 'private_key', 'authorize_scopes'],
  ),
}

const urlDetails = [
  'MetadataURL',
  'attributes_url',
  'authorize_url',
  'jwks_uri',
  'oidc_issuer',
  'token_url',
] as const
const detailsMax = 100
const detailLengthMax = 131_072

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

const requiredWords = (type: IdentityProviderTypeType): string => {
  if (type === 'SAML') return 'At least one of the MetadataURL or MetadataFile should be provided.'
  const names = rules[type].required.map((alternatives) => alternatives.join(' or '))
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are all required idp details`
}

/** Throws InvalidParameterException for a social provider under another name than its type's, and for the pool's own name. */
export const checkProviderName = (name: string, type: IdentityProviderTypeType): void => {
  if (name.toUpperCase() === 'COGNITO') throw refuse(`Provider name ${name} is reserved.`)
  if (rules[type].isNamedByType && name !== type) throw refuse(`Provider ${name} cannot be of type ${type}.`)
}

/** The details as they are kept. Throws InvalidParameterException for one that is missing or malformed. */
export const settledDetails = (
  type: IdentityProviderTypeType,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const { required, known } = rules[type]
  if (Object.keys(given).length > detailsMax)
    throw refuse(`ProviderDetails can have at most ${detailsMax} entries.`)
  for (const [name, value] of Object.entries(given))
    if (value.length > detailLengthMax) throw refuse(`ProviderDetails ${name} is too long.`)
  if (required.some((names) => names.every((name) => (given[name] ?? '') === '')))
    throw refuse(requiredWords(type))
  for (const name of urlDetails) {
    const value = given[name]
    if (value !== undefined && value !== '' && !URL.canParse(value))
      throw refuse(`ProviderDetails ${name} is not a URL.`)
  }
  const method = given.attributes_request_method
  if (method !== undefined && method !== 'GET' && method !== 'POST')
    throw refuse('attributes_request_method must be GET or POST.')
  return { ...known, ...given }
}

/** The mapping as it is kept. Throws InvalidParameterException for an attribute that the pool doesn't have. */
export const settledMapping = (
  type: IdentityProviderTypeType,
  given: Readonly<Record<string, string>> | undefined,
  schema: readonly SchemaAttributeType[],
): Readonly<Record<string, string>> => {
  const { usernameClaim } = rules[type]
  const mapping = {
    ...(usernameClaim === undefined ? {} : { username: usernameClaim }),
    ...given,
  }
  const names = new Set(['username', ...schema.map(({ Name }) => Name)])
  const invalid = Object.keys(mapping).filter((name) => !names.has(name) || name === 'sub')
  if (invalid.length > 0) throw refuse(`AttributeMapping contains invalid mapping: [${invalid.join(', ')}]`)
  return mapping
}

type Scope = { readonly poolId: string; readonly records: Records }

export const readProvider = async (
  { records }: Pick<Scope, 'records'>,
  name: string | undefined,
): Promise<Stored<IdentityProvider>> => {
  const stored = name === undefined ? undefined : await records.get(identityProviders, name)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `Identity provider ${name} does not exist.`)
  return stored
}

/** The provider that has this identifier, or this name. */
export const findProvider = async (
  { records }: Pick<Scope, 'records'>,
  identifier: string,
): Promise<Stored<IdentityProvider> | undefined> => {
  const { items } = await records.find(
    identityProviders,
    { name: 'identifier', value: identifier },
    { limit: 1 },
  )
  return items[0]
}

/** Throws DuplicateProviderException when another provider of the pool has one of these identifiers. */
export const checkIdentifiersFree = async (
  scope: Scope,
  name: string,
  identifiers: readonly string[],
): Promise<void> => {
  if (new Set(identifiers).size !== identifiers.length)
    throw refuse('An identifier of the provider is given more than once.')
  for (const identifier of identifiers) {
    const owner = await findProvider(scope, identifier)
    if (owner !== undefined && owner.value.name !== name)
      throw new Fault(
        'DuplicateProviderException',
        `The identifier ${identifier} is already used by a provider of user pool ${scope.poolId}.`,
      )
  }
}

export const describedProvider = (poolId: string, provider: IdentityProvider): IdentityProviderType => ({
  UserPoolId: poolId,
  ProviderName: provider.name,
  ProviderType: provider.type,
  ProviderDetails: { ...provider.details },
  AttributeMapping: { ...provider.attributeMapping },
  ...(provider.acrMapping === undefined ? {} : { AcrMapping: { ...provider.acrMapping } }),
  IdpIdentifiers: [...provider.identifiers],
  CreationDate: new Date(provider.createdAtMs),
  LastModifiedDate: new Date(provider.modifiedAtMs),
})
