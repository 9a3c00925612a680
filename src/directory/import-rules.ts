// Import jobs: how they are found, shown and expire.
import type { UserImportJobType } from '@aws-sdk/client-cognito-identity-provider'
import type { Records, Stored } from '../vault/records.ts'
import { Fault } from '../wire/fault.ts'
import type { Endpoints } from './endpoints.ts'
import { uploadLifetimeMs } from './import/import-upload.ts'
import { type ImportJob, importJobs } from './records/import-job.ts'

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
