// DeleteTerms: the client's pages no longer link to them.
import { operation } from '../../operation.ts'
import { termsDocuments } from '../../records/branding.ts'
import { readTerms } from '../../terms-rules.ts'

export const deleteTerms = operation({
  name: 'DeleteTerms',
  runs: 'primary',
  handle: async (input, { pool }) => {
    const stored = await readTerms(pool, input.TermsId)
    await pool.records.commit((changes) => changes.delete(termsDocuments, stored))
    return {}
  },
})
