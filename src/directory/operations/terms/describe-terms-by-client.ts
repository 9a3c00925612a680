// DescribeTermsByClient: one kind of a client's terms.
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { describedTerms, readTermsOfClient } from '../../terms-rules.ts'

export const describeTermsByClient = operation({
  name: 'DescribeTermsByClient',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const { clientId } = (await readClient(pool, input.ClientId)).value
    const { value } = await readTermsOfClient(pool, clientId, input.TermsName ?? '')
    return { Terms: describedTerms(pool.poolId, value) }
  },
})
