// ListUserPools: the pools that this Region has, from its register, so that it answers while a pool's key can't be used.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { registeredPools } from '../../records/user-pool.ts'

const pageSizeMax = 60

export const listUserPools = operation({
  name: 'ListUserPools',
  runs: 'region',
  handle: async (input, { vault, region }) => {
    const kind = `ListUserPools ${region}`
    const after = decodePageToken(kind, input.NextToken)
    const page = await vault.region.list(registeredPools, { after, limit: input.MaxResults ?? pageSizeMax })
    return {
      UserPools: page.items.map(({ value }) => ({
        Id: value.poolId,
        Name: value.name,
        LambdaConfig: value.lambda ?? {},
        LastModifiedDate: new Date(value.modifiedAtMs),
        CreationDate: new Date(value.createdAtMs),
        ...(value.replicaRegions.length === 0 ? {} : { ReplicaRegions: [...value.replicaRegions] }),
      })),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
