// DescribeTerms: terms by their ID.
import { operation } from '../../operation.ts'
import { describedTerms, readTerms } from '../../terms-rules.ts'

export const describeTerms = operation({
  name: 'DescribeTerms',
  runs: 'inactive',
  handle: async (input, { pool }) => ({
    Terms: describedTerms(pool.poolId, (await readTerms(pool, input.TermsId)).value),
  }),
})
