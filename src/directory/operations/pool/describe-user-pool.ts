// DescribeUserPool: all settings of a pool, as this Region's replica has them.

import { inRegion } from '../../../vault/vault.ts'
import { operation } from '../../operation.ts'
import { describedPool } from '../../pool-description.ts'
import { readPool, readRegionalSettings } from '../../read-pool.ts'
import { users } from '../../records/user.ts'
import { userPoolDomains } from '../../records/user-pool.ts'

/** A pool has one prefix domain and one custom domain. */
const domainsMax = 2

export const describeUserPool = operation({
  name: 'DescribeUserPool',
  runs: 'inactive',
  handle: async (_input, { pool, vault, endpoints, region }) => {
    const [stored, regional, userCount, domains, kmsKeyArn] = await Promise.all([
      readPool(pool),
      readRegionalSettings(pool),
      pool.records.count(users),
      pool.records.list(userPoolDomains, { limit: domainsMax }),
      vault.kmsKeyArnOf(pool.poolId),
    ])
    return {
      UserPool: describedPool({
        pool: stored.value,
        regional: regional.value,
        arn: endpoints.poolArn(pool.poolId),
        userCount,
        domains: domains.items.map(({ value }) => value),
        kmsKeyArn: kmsKeyArn === undefined ? undefined : inRegion(kmsKeyArn, region),
      }),
    }
  },
})
