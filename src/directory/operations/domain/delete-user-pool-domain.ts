// DeleteUserPoolDomain: takes a domain off a pool, so that another pool can have it.
import { readDomain } from '../../domain-rules.ts'
import { operation } from '../../operation.ts'
import { userPoolDomains } from '../../records/user-pool.ts'

export const deleteUserPoolDomain = operation({
  name: 'DeleteUserPoolDomain',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const records = pool.asPrimary('writes the directory')
    const stored = await readDomain(pool, input.Domain)
    await records.commit((changes) => changes.delete(userPoolDomains, stored))
    return {}
  },
})
