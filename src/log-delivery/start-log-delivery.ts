// A Region's log delivery put together from its configuration.
import type { AwsCredentials } from '../messages/delivery/aws-signer.ts'
import { createCloudWatchLogs } from './cloud-watch-logs.ts'
import { createLogDelivery, type LogDelivery, type LogDeliveryOptions } from './create-log-delivery.ts'
import { createFirehose } from './firehose.ts'
import { createS3 } from './s3.ts'

/** Where the services are: each at a URL, or `aws`. What has no endpoint is not delivered to. */
export type LogDeliveryConfiguration = {
  readonly cloudWatchLogs?: { readonly endpoint: string } | undefined
  readonly firehose?: { readonly endpoint: string } | undefined
  readonly s3?:
    | {
        readonly endpoint: string
        /** Absent: this Region's name. */
        readonly region?: string | undefined
      }
    | undefined
  readonly credentials?: AwsCredentials | undefined
  /** How long events wait for others to go with them: absent a second, and for S3, where each batch is an object, a minute. */
  readonly batchSeconds?: number | undefined
}

export type StartLogDeliveryOptions = Omit<LogDeliveryOptions, 'senders'> & {
  readonly region: string
  readonly account: string
  readonly configuration: LogDeliveryConfiguration
  /** Sign calls to endpoints that are not AWS's when the configuration names no credentials. */
  readonly defaultCredentials: AwsCredentials
}

const defaultSeconds = { stream: 1, object: 60 } as const

export const startLogDelivery = (options: StartLogDeliveryOptions): LogDelivery => {
  const { region, account, clock, configuration, defaultCredentials } = options
  const { cloudWatchLogs, firehose, s3, credentials, batchSeconds } = configuration
  const reached = ({ endpoint }: { readonly endpoint: string }) => ({
    endpoint,
    clock,
    credentials: credentials ?? (endpoint === 'aws' ? undefined : defaultCredentials),
  })
  const lingerMs = (batchSeconds ?? defaultSeconds.stream) * 1_000
  const objectMs = (batchSeconds ?? defaultSeconds.object) * 1_000
  return createLogDelivery({
    ...options,
    senders: {
      ...(cloudWatchLogs === undefined
        ? {}
        : { cloudWatchLogs: createCloudWatchLogs({ ...reached(cloudWatchLogs), region, lingerMs }) }),
      ...(firehose === undefined ? {} : { firehose: createFirehose({ ...reached(firehose), lingerMs }) }),
      ...(s3 === undefined
        ? {}
        : {
            s3: createS3({
              ...reached(s3),
              region,
              account,
              bucketRegion: s3.region ?? region,
              lingerMs: objectMs,
            }),
          }),
    },
  })
}
