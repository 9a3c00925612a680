// Import jobs of a pool and the files that were uploaded for them. Both belong to the primary Region: what travels are the users that come of it.
import type {
  PasswordHashingAlgorithmType,
  UserImportJobStatusType,
} from '@aws-sdk/client-cognito-identity-provider'
import { collection } from '../../vault/collection.ts'

export type ImportJob = {
  readonly jobId: string
  readonly name: string
  readonly roleArn: string
  readonly status: UserImportJobStatusType
  readonly hashing?: PasswordHashingAlgorithmType
  /** Whoever has it may upload the job's file; in the pre-signed URL. */
  readonly uploadToken: string
  readonly createdAtMs: number
  readonly startedAtMs?: number
  readonly completedAtMs?: number
  readonly message?: string
  /** Parts of the file that are here; undefined before the upload is whole. */
  readonly partCount?: number
  /** Rows that are done: where the job goes on after a restart. */
  readonly rowsDone: number
  readonly importedCount: number
  readonly skippedCount: number
  readonly failedCount: number
}

export const importJobs = collection<ImportJob, 'regional'>('import-jobs', {
  locality: 'regional',
  keyOf: ({ jobId }) => jobId,
})

/** A part of an uploaded file: whole lines. Gone when the job has ended. */
export type ImportPart = { readonly jobId: string; readonly index: number; readonly text: string }

export const importPartKey = (jobId: string, index: number): string => `${jobId}\n${index}`

export const importParts = collection<ImportPart, 'regional'>('import-parts', {
  locality: 'regional',
  keyOf: ({ jobId, index }) => importPartKey(jobId, index),
})

/** That a job is to stop: a record of its own, so that the job's progress and the wish to stop it never stand in each other's way. */
export type ImportStop = { readonly jobId: string }

export const importStops = collection<ImportStop, 'regional'>('import-stops', {
  locality: 'regional',
  keyOf: ({ jobId }) => jobId,
})
