// Lines to an S3 bucket: an object a batch, gzip, a line an event (API reference, PutObject).
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type AwsCallerOptions, createAwsCaller } from './aws-caller.ts'
import { type LogBatch, type LogSender, nothingUntaken } from './log-sender.ts'

const compress = promisify(gzip)

export type S3Options = AwsCallerOptions & {
  /** This Region's name, for the keys. */
  readonly region: string
  readonly account: string
  /** Where the buckets are: their ARNs don't say. */
  readonly bucketRegion: string
  readonly lingerMs: number
}

/** In a folder `AWSLogs`, as the developer guide says, with the parts that Amazon's services put there: account, service, Region, day. */
const keyOf = ({ batchId, poolId, lines }: LogBatch, { account, region }: S3Options): string => {
  const time = new Date(lines[0]?.atMs ?? 0).toISOString().replace(/[-:]|\.\d+/g, '')
  const [year, month, day] = [time.slice(0, 4), time.slice(4, 6), time.slice(6, 8)]
  const name = `${account}_cognito-idp_${region}_${poolId}_${time}_${batchId}.log.gz`
  return `AWSLogs/${account}/cognito-idp/${region}/${poolId}/${year}/${month}/${day}/${name}`
}

const encoded = (key: string): string => key.split('/').map(encodeURIComponent).join('/')

export const createS3 = (options: S3Options): LogSender<'s3'> => {
  const { bucketRegion, endpoint, lingerMs } = options
  const caller = createAwsCaller('s3', options)
  return {
    kind: 's3',
    linesMax: 10_000,
    bytesMax: 4 * 1024 * 1024,
    bytesPerLine: 1,
    lingerMs,
    send: async (batch, { partition, bucket, prefix }, signal) => {
      // A bucket with dots has no certificate as a host, and what stands in for S3 knows buckets by path (S3 user guide, "Virtual hosting of buckets").
      const isHost = endpoint === 'aws' && !bucket.includes('.')
      const key = encoded(prefix + keyOf(batch, options))
      const body = await compress(batch.lines.map(({ text }) => `${text}\n`).join(''))
      await caller.call({
        method: 'PUT',
        host: isHost ? `${bucket}.s3.${bucketRegion}` : `s3.${bucketRegion}`,
        partition,
        region: bucketRegion,
        path: isHost ? `/${key}` : `/${bucket}/${key}`,
        headers: { 'content-type': 'application/x-gzip' },
        body: new Uint8Array(body),
        signal,
      })
      return nothingUntaken
    },
  }
}
