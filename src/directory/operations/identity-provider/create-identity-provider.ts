// CreateIdentityProvider: users may come from there once an app client supports it.
import { Fault } from '../../../wire/fault.ts'
import {
  checkIdentifiersFree,
  checkProviderName,
  describedProvider,
  identityProvidersMax,
  settledDetails,
  settledMapping,
} from '../../identity-provider-rules.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { type IdentityProvider, identityProviders } from '../../records/identity-provider.ts'

export const createIdentityProvider = operation({
  name: 'CreateIdentityProvider',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const { records } = pool
    const name = input.ProviderName ?? ''
    const type = input.ProviderType ?? 'OIDC'
    const identifiers = input.IdpIdentifiers ?? []
    checkProviderName(name, type)
    const details = settledDetails(type, input.ProviderDetails ?? {})
    const { value: userPool } = await readPool(pool)
    const attributeMapping = settledMapping(type, input.AttributeMapping, userPool.schema)
    if ((await records.get(identityProviders, name)) !== undefined)
      throw new Fault('DuplicateProviderException', `${name} already exists in user pool ${pool.poolId}.`)
    await checkIdentifiersFree(pool, name, identifiers)
    if ((await records.count(identityProviders)) >= identityProvidersMax)
      throw new Fault(
        'LimitExceededException',
        `A user pool can have at most ${identityProvidersMax} identity providers.`,
      )
    const nowMs = clock.now()
    const provider: IdentityProvider = {
      name,
      type,
      details,
      attributeMapping,
      ...(input.AcrMapping === undefined ? {} : { acrMapping: input.AcrMapping }),
      identifiers,
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
    }
    await records.commit((changes) => changes.create(identityProviders, provider))
    return { IdentityProvider: describedProvider(pool.poolId, provider) }
  },
})
