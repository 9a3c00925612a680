// UpdateIdentityProvider: other details, mappings or identifiers; what is left out stays.
import {
  checkIdentifiersFree,
  describedProvider,
  readProvider,
  settledDetails,
  settledMapping,
} from '../../identity-provider-rules.ts'
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { type IdentityProvider, identityProviders } from '../../records/identity-provider.ts'

export const updateIdentityProvider = operation({
  name: 'UpdateIdentityProvider',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const stored = await readProvider(pool, input.ProviderName)
    const before = stored.value
    const { value: userPool } = await readPool(pool)
    const identifiers = input.IdpIdentifiers ?? before.identifiers
    await checkIdentifiersFree(pool, before.name, identifiers)
    const provider: IdentityProvider = {
      ...before,
      details:
        input.ProviderDetails === undefined
          ? before.details
          : settledDetails(before.type, input.ProviderDetails),
      attributeMapping:
        input.AttributeMapping === undefined
          ? before.attributeMapping
          : settledMapping(before.type, input.AttributeMapping, userPool.schema),
      ...(input.AcrMapping === undefined ? {} : { acrMapping: input.AcrMapping }),
      identifiers,
      modifiedAtMs: clock.now(),
    }
    await pool.records.commit((changes) => changes.replace(identityProviders, stored, provider))
    return { IdentityProvider: describedProvider(pool.poolId, provider) }
  },
})
