// CreateUserPoolDomain: gives a pool a prefix domain, or a custom domain, for its OAuth endpoints and sign-in pages.
import { Fault } from '../../../wire/fault.ts'
import {
  checkDomainIsFree,
  checkDomainName,
  checkManagedLogin,
  domainTaken,
  domainTarget,
  publishDomains,
  readDomain,
  without,
} from '../../domain-rules.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { type UserPoolDomain, userPoolDomains, userPools } from '../../records/user-pool.ts'

/** One prefix domain and one custom domain. */
const domainsMax = 2

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

export const createUserPoolDomain = operation({
  name: 'CreateUserPoolDomain',
  runs: 'inactive',
  handle: async (input, { pool, vault, clock, endpoints }) => {
    const records = pool.asPrimary('writes the directory')
    const isCustom = input.CustomDomainConfig !== undefined
    const domain: UserPoolDomain = {
      domain: input.Domain ?? '',
      createdAtMs: clock.now(),
      managedLoginVersion: input.ManagedLoginVersion ?? 1,
      ...(input.CustomDomainConfig === undefined ? {} : { custom: input.CustomDomainConfig }),
      ...(input.Routing === undefined ? {} : { routing: input.Routing }),
    }
    checkDomainName(domain.domain, isCustom)
    if (!isCustom && domain.routing !== undefined)
      throw refuse('Routing is only supported for custom domains.')
    const stored = await readPool(pool)
    checkManagedLogin(input.ManagedLoginVersion, stored.value.settings.UserPoolTier ?? 'ESSENTIALS')
    const existing = await records.list(userPoolDomains, { limit: domainsMax })
    if (existing.items.some(({ value }) => (value.custom !== undefined) === isCustom))
      throw refuse('User pool already has a domain configured.')
    await checkDomainIsFree(vault, domain.domain)

    const publish = await publishDomains(records, pool.poolId, (domains) => [...domains, domain.domain])
    // Writing the pool anew makes two requests for it collide, so that it can't get two domains of a kind.
    await records.commit((changes) => {
      changes.replace(userPools, stored, stored.value)
      changes.create(userPoolDomains, domain)
      publish(changes)
    })
    // Two pools that took one name at once see each other now, and neither keeps it.
    if ((await vault.findPools(userPoolDomains, 'domain', domain.domain)).length > 1) {
      const taken = await readDomain(pool, domain.domain)
      const withdraw = await publishDomains(records, pool.poolId, without(domain.domain))
      await records.commit((changes) => {
        changes.delete(userPoolDomains, taken)
        withdraw(changes)
      })
      throw domainTaken()
    }
    return {
      ManagedLoginVersion: domain.managedLoginVersion,
      CloudFrontDomain: domainTarget(domain, endpoints.routerOrigin),
      Routing: domain.routing,
    }
  },
})
