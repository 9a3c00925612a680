// Domains of a pool: what a name must satisfy, whose it is, and how it is shown.
import type { DomainDescriptionType } from '@aws-sdk/client-cognito-identity-provider'
import type { Changes, Records, Stored } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import { Fault } from '../wire/fault.ts'
import { unavailableInTier } from './pool-rules.ts'
import { publicPools, type UserPoolDomain, userPoolDomains } from './records/user-pool.ts'

/** Words that a prefix can't contain (developer guide, "Using the Amazon Cognito domain for managed login"). */
const reservedWords: readonly string[] = ['aws', 'amazon', 'cognito']
const prefixPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const customPattern = /^(?=.{1,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/** Throws InvalidParameterException when the name isn't a good prefix, or a good custom domain. */
export const checkDomainName = (domain: string, isCustom: boolean): void => {
  if (isCustom) {
    if (!customPattern.test(domain)) throw refuse('Custom domain is not a valid subdomain.')
    return
  }
  if (!prefixPattern.test(domain))
    throw refuse(
      'The domain name contains an invalid character. Domain names can only contain lower-case letters, numbers, and hyphens. ' +
        String.raw`Please enter a different name that follows this format: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`,
    )
  const reserved = reservedWords.find((word) => domain.includes(word))
  if (reserved !== undefined) throw refuse(`Domain cannot contain reserved word: ${reserved}`)
}

/** 1 is the classic hosted UI, 2 is managed login, which LITE doesn't have (API reference, CreateUserPoolDomain). */
export const checkManagedLogin = (version: number | undefined, tier: string): void => {
  if (version !== undefined && version !== 1 && version !== 2)
    throw refuse('ManagedLoginVersion must be 1 or 2.')
  if (version === 2 && tier === 'LITE') throw unavailableInTier('Managed login', tier)
}

export const domainTaken = (): Fault => refuse('Domain already associated with another user pool.')

/** Throws InvalidParameterException when a pool of this Region has the domain already. */
export const checkDomainIsFree = async (vault: Vault, domain: string): Promise<void> => {
  if ((await vault.findPools(userPoolDomains, 'domain', domain)).length > 0) throw domainTaken()
}

export const readDomain = async (
  { records }: { readonly records: Records },
  domain: string | undefined,
): Promise<Stored<UserPoolDomain>> => {
  const stored = domain === undefined ? undefined : await records.get(userPoolDomains, domain)
  if (stored === undefined) throw refuse('No such domain or user pool exists.')
  return stored
}

/** Gives the change that brings the names in a pool's discovery document up to date. */
export const publishDomains = async (
  records: Records,
  poolId: string,
  change: (domains: readonly string[]) => readonly string[],
): Promise<(changes: Changes<'replicated'>) => void> => {
  const published = await records.get(publicPools, poolId)
  return (changes) => {
    if (published === undefined) return
    const domains = change(published.value.domains ?? [])
    changes.replace(publicPools, published, { ...published.value, domains })
  }
}

export const without =
  (name: string) =>
  (domains: readonly string[]): readonly string[] =>
    domains.filter((domain) => domain !== name)

/** Where the DNS name of a custom domain has to point: the router, which serves every custom domain of the deployment. */
export const domainTarget = (
  { custom }: Pick<UserPoolDomain, 'custom'>,
  routerOrigin: string,
): string | undefined => (custom === undefined ? undefined : new URL(routerOrigin).hostname)

export const describedDomain = (
  domain: UserPoolDomain,
  about: { readonly poolId: string; readonly account: string; readonly routerOrigin: string },
): DomainDescriptionType => ({
  UserPoolId: about.poolId,
  AWSAccountId: about.account,
  Domain: domain.domain,
  CloudFrontDistribution: domainTarget(domain, about.routerOrigin),
  // A number that grows, as Amazon's does: the time of creation as digits.
  Version: new Date(domain.createdAtMs).toISOString().replaceAll(/\D/g, '').slice(0, 14),
  Status: 'ACTIVE',
  CustomDomainConfig: domain.custom ?? { CertificateArn: undefined },
  ManagedLoginVersion: domain.managedLoginVersion,
  ...(domain.routing === undefined ? {} : { Routing: domain.routing }),
})
