// Lines to an Amazon Data Firehose stream, each a record that ends in a line break (API reference, PutRecordBatch).
import { type AwsCallerOptions, createAwsCaller } from './aws-caller.ts'
import type { LogSender } from './log-sender.ts'

type Answer = {
  readonly FailedPutCount?: number
  /** In the order of the records. */
  readonly RequestResponses?: readonly { readonly ErrorCode?: string }[]
}

export const createFirehose = (
  options: AwsCallerOptions & { readonly lingerMs: number },
): LogSender<'firehose'> => {
  const caller = createAwsCaller('firehose', options)
  return {
    kind: 'firehose',
    linesMax: 500,
    bytesMax: 4 * 1024 * 1024,
    bytesPerLine: 1,
    lingerMs: options.lingerMs,
    send: async ({ lines }, { partition, region, stream }, signal) => {
      const answer = await caller.call({
        method: 'POST',
        host: `firehose.${region}`,
        partition,
        region,
        path: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'Firehose_20150804.PutRecordBatch',
        },
        body: JSON.stringify({
          DeliveryStreamName: stream,
          Records: lines.map(({ text }) => ({ Data: Buffer.from(`${text}\n`).toString('base64') })),
        }),
        signal,
      })
      const { FailedPutCount = 0, RequestResponses = [] } = JSON.parse(answer) as Answer
      const again =
        FailedPutCount === 0
          ? []
          : lines.filter((_, index) => RequestResponses[index]?.ErrorCode !== undefined)
      return { again, refusedCount: 0 }
    },
  }
}
