// StopUserImportJob: the users that were imported so far stay; no more follow.
import { importRunnerOf } from '../../import/import-runner.ts'
import { describedImportJob, notReady, readImportJob } from '../../import-rules.ts'
import { operation } from '../../operation.ts'
import { importStops } from '../../records/import-job.ts'

export const stopUserImportJob = operation({
  name: 'StopUserImportJob',
  runs: 'primary',
  handle: async (input, context) => {
    const { pool, clock, endpoints } = context
    const stored = await readImportJob(pool, input.JobId)
    const { status } = stored.value
    if (status !== 'Pending' && status !== 'InProgress')
      throw notReady('Only a job that is Pending or InProgress can be stopped.')
    const job = { ...stored.value, status: 'Stopping' as const }
    if ((await pool.records.get(importStops, job.jobId)) === undefined)
      await pool.records.commit((changes) => changes.create(importStops, { jobId: job.jobId }))
    importRunnerOf(context).start(pool.poolId, job.jobId)
    return { UserImportJob: describedImportJob(pool.poolId, job, { endpoints, nowMs: clock.now() }) }
  },
})
