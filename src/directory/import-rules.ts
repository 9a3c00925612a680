// Import jobs: how they are found, shown and expire.
import type { UserImportJobType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Endpoints } from './endpoints.ts'
import { uploadLifetimeMs } from './import/import-upload.ts'
import { type ImportJob, importJobs } from './records/import-job.ts'

/** Jobs that a pool keeps; those that ended longest ago make room. */
export const jobsMax = 500

const runningStatuses: readonly string[] = ['Pending', 'InProgress', 'Stopping']

/** Throws UserImportInProgressException while users are imported: what a pool is must not change under them (API reference, UpdateUserPool). */
export const checkNoImportRuns = async (records: Pick<Records, 'list'>): Promise<void> => {
  const { items } = await records.list(importJobs, { limit: jobsMax })
  const running = items.find(({ value }) => runningStatuses.includes(value.status))
  if (running === undefined) return
  throw new Fault(
    'UserImportInProgressException',
    `The user pool cannot be modified while import job ${running.value.jobId} is in progress.`,
  )
}

/** A job that nobody started within a day can't be any more. */
export const jobLifetimeMs = 24 * 3_600_000

export const notReady = (message: string): Fault => new Fault('PreconditionNotMetException', message)

export const readImportJob = async (
  { records }: { readonly records: Records },
  jobId: string | undefined,
): Promise<Stored<ImportJob>> => {
  const stored = jobId === undefined ? undefined : await records.get(importJobs, jobId)
  if (stored === undefined)
    throw new Fault('ResourceNotFoundException', `Import job ${jobId} does not exist.`)
  return stored
}

export const isExpired = (job: ImportJob, nowMs: number): boolean =>
  job.status === 'Created' && nowMs > job.createdAtMs + jobLifetimeMs

const date = (atMs: number | undefined): Date | undefined => (atMs === undefined ? undefined : new Date(atMs))

export const describedImportJob = (
  poolId: string,
  job: ImportJob,
  { endpoints, nowMs }: { readonly endpoints: Pick<Endpoints, 'regionOrigin'>; readonly nowMs: number },
): UserImportJobType => {
  const canBeUploaded = job.status === 'Created' && nowMs <= job.createdAtMs + uploadLifetimeMs
  return {
    JobId: job.jobId,
    JobName: job.name,
    UserPoolId: poolId,
    CloudWatchLogsRoleArn: job.roleArn,
    Status: isExpired(job, nowMs) ? 'Expired' : job.status,
    PasswordHashingAlgorithm: job.hashing,
    ...(canBeUploaded
      ? {
          PreSignedUrl: `${endpoints.regionOrigin}/imports/${poolId}/${job.jobId}?${new URLSearchParams({ token: job.uploadToken }).toString()}`,
        }
      : {}),
    CreationDate: new Date(job.createdAtMs),
    StartDate: date(job.startedAtMs),
    CompletionDate: date(job.completedAtMs),
    CompletionMessage: job.message,
    ImportedUsers: job.importedCount,
    SkippedUsers: job.skippedCount,
    FailedUsers: job.failedCount,
  }
}
