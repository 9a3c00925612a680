// UpdateUserPoolDomain: another certificate, login version or routing for a domain.
import { Fault } from '../../../wire/fault.ts'
import { checkManagedLogin, domainTarget, readDomain } from '../../domain-rules.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { type UserPoolDomain, userPoolDomains } from '../../records/user-pool.ts'

export const updateUserPoolDomain = operation({
  name: 'UpdateUserPoolDomain',
  runs: 'inactive',
  handle: async (input, { pool, endpoints }) => {
    const records = pool.asPrimary('writes the directory')
    const stored = await readDomain(pool, input.Domain)
    const isCustom = stored.value.custom !== undefined
    if (!isCustom && (input.CustomDomainConfig !== undefined || input.Routing !== undefined))
      throw new Fault(
        'InvalidParameterException',
        'CustomDomainConfig and Routing are only supported for custom domains.',
      )
    const { value } = await readPool(pool)
    checkManagedLogin(input.ManagedLoginVersion, value.settings.UserPoolTier ?? 'ESSENTIALS')
    const domain: UserPoolDomain = {
      ...stored.value,
      managedLoginVersion: input.ManagedLoginVersion ?? stored.value.managedLoginVersion,
      ...(input.CustomDomainConfig === undefined ? {} : { custom: input.CustomDomainConfig }),
      ...(input.Routing === undefined ? {} : { routing: input.Routing }),
    }
    await records.commit((changes) => changes.replace(userPoolDomains, stored, domain))
    return {
      ManagedLoginVersion: domain.managedLoginVersion,
      CloudFrontDomain: domainTarget(domain, endpoints.routerOrigin),
      Routing: domain.routing,
    }
  },
})
