// StartUserImportJob: imports the file that was uploaded, in the background.
import { importRunnerOf } from '../../import/import-runner.ts'
import { describedImportJob, isExpired, notReady, readImportJob } from '../../import-rules.ts'
import { operation } from '../../operation.ts'
import { importJobs } from '../../records/import-job.ts'

export const startUserImportJob = operation({
  name: 'StartUserImportJob',
  runs: 'primary',
  handle: async (input, context) => {
    const { pool, clock, endpoints } = context
    const stored = await readImportJob(pool, input.JobId)
    const nowMs = clock.now()
    if (stored.value.status !== 'Created' || isExpired(stored.value, nowMs))
      throw notReady('Only a job with the status Created can be started.')
    if (stored.value.partCount === undefined)
      throw notReady('No file was uploaded to the PreSignedUrl of this job yet.')
    const job = { ...stored.value, status: 'Pending' as const }
    await pool.records.commit((changes) => changes.replace(importJobs, stored, job))
    importRunnerOf(context).start(pool.poolId, job.jobId)
    return { UserImportJob: describedImportJob(pool.poolId, job, { endpoints, nowMs }) }
  },
})
