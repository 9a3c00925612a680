// Where the logs of a pool can go: the rules of SetLogDeliveryConfiguration, and the parts of a destination's ARN.
import type { LogConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'
import { unavailableInTier } from './pool-rules.ts'

/** `partition` is that of the ARN: `aws`, `aws-cn` … */
export type LogDestination =
  | {
      readonly kind: 'cloudWatchLogs'
      readonly arn: string
      readonly partition: string
      readonly region: string
      readonly account: string
      readonly logGroup: string
    }
  | {
      readonly kind: 'firehose'
      readonly arn: string
      readonly partition: string
      readonly region: string
      readonly stream: string
    }
  | {
      readonly kind: 's3'
      readonly arn: string
      readonly partition: string
      readonly bucket: string
      /** What the keys begin with; empty, or ends in a slash. */
      readonly prefix: string
    }

type Member = 'CloudWatchLogsConfiguration' | 'FirehoseConfiguration' | 'S3Configuration'

const allMembers: readonly Member[] = [
  'CloudWatchLogsConfiguration',
  'FirehoseConfiguration',
  'S3Configuration',
]

/** Developer guide, "Exporting logs from Amazon Cognito user pools": the level of each source, and where it can go. */
const sources = {
  userNotification: { level: 'ERROR', members: ['CloudWatchLogsConfiguration'] },
  userAuthEvents: { level: 'INFO', members: allMembers },
} as const satisfies Record<string, { level: string; members: readonly Member[] }>

/** CloudWatch Logs API reference, LogGroup; Data Firehose API reference, DeliveryStreamName; S3 user guide, "Bucket naming rules". */
const patterns = {
  logGroup: /^arn:(aws[a-z-]*):logs:([a-z0-9-]+):(\d{12}):log-group:([\w./-]{1,512})$/,
  stream: /^arn:(aws[a-z-]*):firehose:([a-z0-9-]+):\d{12}:deliverystream\/([\w.-]{1,64})$/,
  bucket: /^arn:(aws[a-z-]*):s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[\w+=,.@-]+)*)\/?$/,
}

/** The one destination that the configuration names; undefined when it names none, several or one of another form. */
export const destinationOf = (configuration: LogConfigurationType): LogDestination | undefined => {
  const given = allMembers.filter((member) => configuration[member] !== undefined)
  if (given.length !== 1) return undefined
  const arn =
    configuration.CloudWatchLogsConfiguration?.LogGroupArn ??
    configuration.FirehoseConfiguration?.StreamArn ??
    configuration.S3Configuration?.BucketArn ??
    ''
  if (given[0] === 'CloudWatchLogsConfiguration') {
    const [, partition = '', region = '', account = '', logGroup] = patterns.logGroup.exec(arn) ?? []
    return logGroup === undefined
      ? undefined
      : { kind: 'cloudWatchLogs', arn, partition, region, account, logGroup }
  }
  if (given[0] === 'FirehoseConfiguration') {
    const [, partition = '', region = '', stream] = patterns.stream.exec(arn) ?? []
    return stream === undefined ? undefined : { kind: 'firehose', arn, partition, region, stream }
  }
  const [, partition = '', bucket, folder = ''] = patterns.bucket.exec(arn) ?? []
  const prefix = folder === '' ? '' : `${folder.slice(1)}/`
  return bucket === undefined ? undefined : { kind: 's3', arn, partition, bucket, prefix }
}

const refuse = (message: string): Fault => new Fault('InvalidParameterException', message)

/**
 * Throws InvalidParameterException for a level or destination that the source can't have, and for a log group of another account (API
 * reference, CloudWatchLogsConfigurationType); FeatureUnavailableInTierException for user activity outside the Plus plan.
 */
export const checkLogConfigurations = (
  configurations: readonly LogConfigurationType[],
  { tier, account }: { readonly tier: string; readonly account: string },
): void => {
  const named = configurations.map(({ EventSource }) => EventSource)
  if (new Set(named).size !== named.length) throw refuse('An event source is configured more than once.')
  for (const configuration of configurations) {
    const { EventSource, LogLevel } = configuration
    if (EventSource === undefined) continue
    if (EventSource === 'userAuthEvents' && tier !== 'PLUS')
      throw unavailableInTier('Delivery of user activity logs', tier)
    const { level, members } = sources[EventSource]
    if (LogLevel !== level) throw refuse(`The log level of ${EventSource} must be ${level}.`)
    const given = allMembers.filter((member) => configuration[member] !== undefined)
    if (given.length !== 1 || !given.every((member) => members.some((allowed) => allowed === member)))
      throw refuse(`${EventSource} needs one destination of: ${members.join(', ')}.`)
    const destination = destinationOf(configuration)
    if (destination === undefined)
      throw refuse(`The ARN in the ${given.join()} of ${EventSource} is not that of such a destination.`)
    if (destination.kind === 'cloudWatchLogs' && destination.account !== account)
      throw refuse(`The log group of ${EventSource} must be in account ${account}, as the user pool is.`)
  }
}
