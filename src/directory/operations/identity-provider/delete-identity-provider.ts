// DeleteIdentityProvider: nobody can come from there any more.
import { readProvider } from '../../identity-provider-rules.ts'
import { operation } from '../../operation.ts'
import { identityProviders } from '../../records/identity-provider.ts'

export const deleteIdentityProvider = operation({
  name: 'DeleteIdentityProvider',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const stored = await readProvider(pool, input.ProviderName)
    await pool.records.commit((changes) => changes.delete(identityProviders, stored))
    return {}
  },
})
