// The operations on importing users that are built.
import type { AnyOperation } from '../../operation.ts'
import { createUserImportJob } from './create-user-import-job.ts'
import { describeUserImportJob } from './describe-user-import-job.ts'
import { getCsvHeader } from './get-csv-header.ts'
import { listUserImportJobs } from './list-user-import-jobs.ts'
import { startUserImportJob } from './start-user-import-job.ts'
import { stopUserImportJob } from './stop-user-import-job.ts'

export const importOperations: readonly AnyOperation[] = [
  getCsvHeader,
  createUserImportJob,
  startUserImportJob,
  stopUserImportJob,
  describeUserImportJob,
  listUserImportJobs,
]
