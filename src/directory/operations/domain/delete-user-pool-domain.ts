// DeleteUserPoolDomain: takes a domain off a pool, so that another pool can have it.
import { publishDomains, readDomain, without } from '../../domain-rules.ts'
import { operation } from '../../operation.ts'
import { userPoolDomains } from '../../records/user-pool.ts'

export const deleteUserPoolDomain = operation({
  name: 'DeleteUserPoolDomain',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const records = pool.asPrimary('writes the directory')
    const stored = await readDomain(pool, input.Domain)
    const withdraw = await publishDomains(records, pool.poolId, without(stored.value.domain))
    await records.commit((changes) => {
      changes.delete(userPoolDomains, stored)
      withdraw(changes)
    })
    return {}
  },
})
