// ListTerms: the terms of every client of the pool, page by page.
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { termsDocuments } from '../../records/branding.ts'
import { termsInBrief } from '../../terms-rules.ts'

const pageSizeMax = 60

export const listTerms = operation({
  name: 'ListTerms',
  runs: 'inactive',
  handle: async (input, { pool }) => {
    const kind = `ListTerms ${pool.poolId}`
    const after = decodePageToken(kind, input.NextToken)
    const page = await pool.records.list(termsDocuments, { after, limit: input.MaxResults ?? pageSizeMax })
    return {
      Terms: page.items.map(({ value }) => termsInBrief(value)),
      NextToken: encodePageToken(kind, page.after),
    }
  },
})
