// The flags of `start` that say where logs of user pools are delivered to.
import { z } from 'zod'
import { logDelivery, type RegionConfiguration } from '../region/configuration.ts'

export const logFlags = {
  'logs-cloudwatch': {
    type: 'string',
    description: 'Deliver user pool logs to CloudWatch Logs at this URL (aws: Amazon CloudWatch Logs itself)',
    valueHint: 'URL',
  },
  'logs-firehose': {
    type: 'string',
    description: 'Deliver user pool logs to Data Firehose at this URL (aws: Amazon Data Firehose itself)',
    valueHint: 'URL',
  },
  'logs-s3': {
    type: 'string',
    description: 'Deliver user pool logs to S3 at this URL (aws: Amazon S3 itself)',
    valueHint: 'URL',
  },
  'logs-access-key': {
    type: 'string',
    description: 'Sign calls to them (default: the deployment’s own; for aws what the AWS SDK finds)',
    valueHint: 'ID:SECRET',
  },
} as const

const wanted = 'give it as an http or https URL, or aws'
const endpoint = z
  .union([z.literal('aws'), z.url({ protocol: /^https?$/, error: wanted })], wanted)
  .optional()

export const logOptions = { logsCloudwatch: endpoint, logsFirehose: endpoint, logsS3: endpoint }

type LogOptions = z.infer<z.ZodObject<typeof logOptions>> & {
  readonly logsAccessKey?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

/** What is wrong with the flags together, as [flag, line]; undefined when nothing is. */
export const logFlaw = (given: LogOptions): readonly [string, string] | undefined =>
  given.logsAccessKey !== undefined && logsOf({ ...given, logsAccessKey: undefined }) === undefined
    ? ['logsAccessKey', 'it needs --logs-cloudwatch, --logs-firehose or --logs-s3']
    : undefined

/** The `logs` of a Region's configuration. */
export const logsOf = (given: LogOptions): RegionConfiguration['logs'] => {
  const { logsCloudwatch, logsFirehose, logsS3, logsAccessKey } = given
  if (logsCloudwatch === undefined && logsFirehose === undefined && logsS3 === undefined) return undefined
  return logDelivery.parse({
    ...(logsCloudwatch === undefined ? {} : { cloudWatchLogs: { endpoint: logsCloudwatch } }),
    ...(logsFirehose === undefined ? {} : { firehose: { endpoint: logsFirehose } }),
    ...(logsS3 === undefined ? {} : { s3: { endpoint: logsS3 } }),
    ...(logsAccessKey === undefined ? {} : { credentials: logsAccessKey }),
  })
}
