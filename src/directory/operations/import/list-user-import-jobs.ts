// ListUserImportJobs: the pool's import jobs, page by page.
import { describedImportJob } from '../../import-rules.ts'
import { operation } from '../../operation.ts'
import { decodePageToken, encodePageToken } from '../../pagination.ts'
import { importJobs } from '../../records/import-job.ts'

const pageSizeMax = 60

export const listUserImportJobs = operation({
  name: 'ListUserImportJobs',
  runs: 'primary',
  handle: async (input, { pool, clock, endpoints }) => {
    const kind = `ListUserImportJobs ${pool.poolId}`
    const after = decodePageToken(kind, input.PaginationToken)
    const page = await pool.records.list(importJobs, { after, limit: input.MaxResults ?? pageSizeMax })
    const nowMs = clock.now()
    return {
      UserImportJobs: page.items.map(({ value }) =>
        describedImportJob(pool.poolId, value, { endpoints, nowMs }),
      ),
      PaginationToken: encodePageToken(kind, page.after),
    }
  },
})
