// Terms that a client's pages link to: what their links must be, and how they are found and shown.
import type { TermsDescriptionType, TermsType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import { type Terms, termsDocuments } from './records/branding.ts'

/** Throws InvalidParameterException without a link for the default language (API reference, CreateTerms, "Links"), or for what is no URL. */
export const checkLinks = (links: Readonly<Record<string, string>>): void => {
  if (links['cognito:default'] === undefined)
    throw new Fault('InvalidParameterException', 'Links must have an entry for cognito:default.')
  for (const url of Object.values(links))
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new Fault('InvalidParameterException', 'Links must be URLs.')
}

const notFound = (): Fault => new Fault('ResourceNotFoundException', 'Terms do not exist.')

export const termsExist = (name: string, clientId: string): Fault =>
  new Fault('TermsExistsException', `Terms ${name} already exist for the app client ${clientId}.`)

export const readTerms = async (
  { records }: { readonly records: Records },
  termsId: string | undefined,
): Promise<Stored<Terms>> => {
  const { items } = await records.find(termsDocuments, { name: 'id', value: termsId ?? '' }, { limit: 1 })
  const [stored] = items
  if (stored === undefined) throw notFound()
  return stored
}

export const readTermsOfClient = async (
  { records }: { readonly records: Records },
  clientId: string,
  name: string,
): Promise<Stored<Terms>> => {
  const stored = await records.get(termsDocuments, `${clientId}\n${name}`)
  if (stored === undefined) throw notFound()
  return stored
}

/** As ListTerms shows them. */
export const termsInBrief = (terms: Terms): TermsDescriptionType => ({
  TermsId: terms.termsId,
  TermsName: terms.name,
  Enforcement: terms.enforcement,
  CreationDate: new Date(terms.createdAtMs),
  LastModifiedDate: new Date(terms.modifiedAtMs),
})

export const describedTerms = (poolId: string, terms: Terms): TermsType => ({
  TermsId: terms.termsId,
  UserPoolId: poolId,
  ClientId: terms.clientId,
  TermsName: terms.name,
  TermsSource: terms.source,
  Enforcement: terms.enforcement,
  Links: { ...terms.links },
  CreationDate: new Date(terms.createdAtMs),
  LastModifiedDate: new Date(terms.modifiedAtMs),
})
