// CreateUserImportJob: a place to upload a file of users to, and the job that will import them.
import { Fault } from '../../../wire/fault.ts'
import { requireImportable } from '../../import/import-header.ts'
import { describedImportJob, isExpired, jobsMax } from '../../import-rules.ts'
import { operation } from '../../operation.ts'
import { randomUuid } from '../../random-uuid.ts'
import { readPool } from '../../read-pool.ts'
import { type ImportJob, importJobs } from '../../records/import-job.ts'

/** Developer guide, "Quotas". */
const openJobsMax = 50

export const createUserImportJob = operation({
  name: 'CreateUserImportJob',
  runs: 'primary',
  handle: async (input, { pool, clock, random, endpoints }) => {
    const { records } = pool
    requireImportable((await readPool(pool)).value)
    const nowMs = clock.now()
    const { items } = await records.list(importJobs, { limit: jobsMax })
    const isOver = ({ value }: (typeof items)[number]): boolean =>
      value.completedAtMs !== undefined || isExpired(value, nowMs)
    if (items.filter((job) => !isOver(job)).length >= openJobsMax)
      throw new Fault(
        'LimitExceededException',
        `A user pool can have at most ${openJobsMax} open import jobs.`,
      )
    const [oldest] = items
      .filter(isOver)
      .toSorted((one, other) => one.value.createdAtMs - other.value.createdAtMs)
    const job: ImportJob = {
      jobId: `import-${randomUuid(random)}`,
      name: input.JobName ?? '',
      roleArn: input.CloudWatchLogsRoleArn ?? '',
      status: 'Created',
      ...(input.PasswordHashingAlgorithm === undefined ? {} : { hashing: input.PasswordHashingAlgorithm }),
      uploadToken: random.bytes(32).toString('base64url'),
      createdAtMs: nowMs,
      rowsDone: 0,
      importedCount: 0,
      skippedCount: 0,
      failedCount: 0,
    }
    await records.commit((changes) => {
      changes.create(importJobs, job)
      if (items.length >= jobsMax && oldest !== undefined) changes.delete(importJobs, oldest)
    })
    return { UserImportJob: describedImportJob(pool.poolId, job, { endpoints, nowMs }) }
  },
})
