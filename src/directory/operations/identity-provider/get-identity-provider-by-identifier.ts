// GetIdentityProviderByIdentifier: one provider, by an identifier such as a domain of e-mail addresses.
import { Fault } from '../../../wire/fault.ts'
import { describedProvider, findProvider } from '../../identity-provider-rules.ts'
import { operation } from '../../operation.ts'

export const getIdentityProviderByIdentifier = operation({
  name: 'GetIdentityProviderByIdentifier',
  runs: 'active',
  handle: async (input, { pool }) => {
    const found = await findProvider(pool, input.IdpIdentifier ?? '')
    if (found === undefined)
      throw new Fault(
        'ResourceNotFoundException',
        `Identity provider with the identifier ${input.IdpIdentifier} does not exist.`,
      )
    return { IdentityProvider: describedProvider(pool.poolId, found.value) }
  },
})
