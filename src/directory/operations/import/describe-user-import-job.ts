// DescribeUserImportJob: how far an import is.
import { describedImportJob, readImportJob } from '../../import-rules.ts'
import { operation } from '../../operation.ts'
import { importStops } from '../../records/import-job.ts'

export const describeUserImportJob = operation({
  name: 'DescribeUserImportJob',
  runs: 'primary',
  handle: async (input, { pool, clock, endpoints }) => {
    const { value: job } = await readImportJob(pool, input.JobId)
    const isStopping =
      job.completedAtMs === undefined && (await pool.records.get(importStops, job.jobId)) !== undefined
    const value = isStopping ? { ...job, status: 'Stopping' as const } : job
    return { UserImportJob: describedImportJob(pool.poolId, value, { endpoints, nowMs: clock.now() }) }
  },
})
