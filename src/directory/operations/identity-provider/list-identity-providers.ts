// ListIdentityProviders: the pool's providers, page by page.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { identityProviders } from '../../records/identity-provider.ts'

const pageSizeMax = 60

export const listIdentityProviders = operation({
  name: 'ListIdentityProviders',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const kind = `ListIdentityProviders ${pool.poolId}`
    const after = decodePageToken(kind, input.NextToken)
    const limit = input.MaxResults === undefined || input.MaxResults === 0 ? pageSizeMax : input.MaxResults
    const page = await pool.records.list(identityProviders, { after, limit })
    return {
      Providers: page.items.map(({ value }) => ({
        ProviderName: value.name,
        ProviderType: value.type,
        CreationDate: new Date(value.createdAtMs),
        LastModifiedDate: new Date(value.modifiedAtMs),
      })),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
