// Lines to a CloudWatch Logs log group (API reference, PutLogEvents), in a log stream for each source of each pool in each Region.
import { type AwsCallerOptions, createAwsCaller } from './aws-caller.ts'
import { type LogSender, nothingUntaken, SendFailure } from './log-sender.ts'

/** API reference, PutLogEvents: the indexes are into the events that were sent. */
type Rejected = {
  readonly tooNewLogEventStartIndex?: number
  readonly tooOldLogEventEndIndex?: number
  readonly expiredLogEventEndIndex?: number
}

const rejectedCountOf = (answer: string, sentCount: number): number => {
  const { rejectedLogEventsInfo: rejected } = JSON.parse(answer === '' ? '{}' : answer) as {
    readonly rejectedLogEventsInfo?: Rejected
  }
  const tooOldCount = Math.max(rejected?.tooOldLogEventEndIndex ?? 0, rejected?.expiredLogEventEndIndex ?? 0)
  return tooOldCount + sentCount - (rejected?.tooNewLogEventStartIndex ?? sentCount)
}

export const createCloudWatchLogs = (
  options: AwsCallerOptions & { readonly region: string; readonly lingerMs: number },
): LogSender<'cloudWatchLogs'> => {
  const caller = createAwsCaller('logs', options)
  return {
    kind: 'cloudWatchLogs',
    linesMax: 10_000,
    bytesMax: 1_048_576,
    bytesPerLine: 26,
    lingerMs: options.lingerMs,
    send: async ({ poolId, source, lines }, { partition, region, logGroup }, signal) => {
      const stream = { logGroupName: logGroup, logStreamName: `${options.region}/${poolId}/${source}` }
      const ask = (action: string, input: object): Promise<string> =>
        caller.call({
          method: 'POST',
          host: `logs.${region}`,
          partition,
          region,
          path: '/',
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': `Logs_20140328.${action}`,
          },
          body: JSON.stringify(input),
          signal,
        })
      const put = (): Promise<string> =>
        ask('PutLogEvents', {
          ...stream,
          logEvents: lines.map(({ atMs, text }) => ({ timestamp: atMs, message: text })),
        })
      const makeStream = async (): Promise<void> => {
        try {
          await ask('CreateLogStream', stream)
        } catch (error) {
          // Another node of this Region was there first.
          if (!(error instanceof SendFailure) || error.code !== 'ResourceAlreadyExistsException') throw error
        }
      }
      const answer = await put().catch(async (error: unknown) => {
        if (!(error instanceof SendFailure) || error.code !== 'ResourceNotFoundException') throw error
        await makeStream()
        return put()
      })
      const refusedCount = rejectedCountOf(answer, lines.length)
      return refusedCount === 0 ? nothingUntaken : { again: [], refusedCount }
    },
  }
}
