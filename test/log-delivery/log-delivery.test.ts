// Log delivery by itself, in time that the test owns: what is kept, for how long, how much of it, and what is said of what is lost.
import type { LogConfigurationType } from '@aws-sdk/client-cognito-identity-provider'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLogDelivery, type LogDelivery } from '../../src/log-delivery/create-log-delivery.ts'
import { keptMs } from '../../src/log-delivery/lane.ts'
import {
  type LogBatch,
  type LogSender,
  SendFailure,
  type Untaken,
} from '../../src/log-delivery/log-sender.ts'
import { startLogDelivery } from '../../src/log-delivery/start-log-delivery.ts'
import { backOffMs } from '../../src/replication/timer.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { refuseWith, startLogEndpoint } from '../support/log-endpoint.ts'
import { eventually } from '../support/regions.ts'

const poolId = 'us-east-1_Abc'
const key = { accessKeyId: 'AKIALOGS', secretAccessKey: 'only for these logs' }
const group = (name = 'pool'): LogConfigurationType => ({
  EventSource: 'userNotification',
  LogLevel: 'ERROR',
  CloudWatchLogsConfiguration: { LogGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${name}` },
})
const activity = (destination: Partial<LogConfigurationType>): LogConfigurationType => ({
  EventSource: 'userAuthEvents',
  LogLevel: 'INFO',
  ...destination,
})
const failure = (details: string, pool = poolId) =>
  ({ source: 'userNotification', poolId: pool, details }) as const
const textsOf = ({ lines }: LogBatch): readonly string[] =>
  lines.map(({ text }) => (JSON.parse(text) as { message: { details: string } }).message.details)

/** Waits end when the test lets time pass. */
const newTime = () => {
  let nowMs = 1_700_000_000_000
  const waits = new Set<{ readonly untilMs: number; end(): void }>()
  return {
    clock: { now: () => nowMs },
    wait: (ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const wait = {
          untilMs: nowMs + ms,
          end: () => {
            waits.delete(wait)
            resolve()
          },
        }
        waits.add(wait)
        signal?.addEventListener('abort', wait.end, { once: true })
      }),
    backOffMs: (failures: number) => backOffMs(failures, { firstMs: 500, mostMs: 30_000 }, systemRandom),
    waits: () => waits.size,
    /** Lets the shortest wait end. */
    next: () => {
      const [first] = Array.from(waits).sort((one, other) => one.untilMs - other.untilMs)
      if (first === undefined) throw new Error('nothing waits')
      nowMs = Math.max(nowMs, first.untilMs)
      first.end()
    },
  }
}

const given = (options: {
  send(batch: LogBatch): Promise<Untaken>
  readonly waitingMax?: number
  readonly limits?: Partial<LogSender<'cloudWatchLogs'>>
  configurationsOf?(poolId: string): Promise<readonly LogConfigurationType[]>
}) => {
  const time = newTime()
  const lines: { readonly level: string; readonly fields: Record<string, unknown> }[] = []
  const note =
    (level: string) =>
    (fields: Record<string, unknown>): void =>
      void lines.push({ level, fields })
  const delivery = createLogDelivery({
    ...time,
    random: systemRandom,
    log: { info: note('info'), warn: note('warn'), error: note('error') } as never,
    configurationsOf: options.configurationsOf ?? (() => Promise.resolve([group()])),
    ...(options.waitingMax === undefined ? {} : { waitingMax: options.waitingMax }),
    senders: {
      cloudWatchLogs: {
        kind: 'cloudWatchLogs',
        linesMax: 10_000,
        bytesMax: 1_048_576,
        bytesPerLine: 26,
        lingerMs: 1_000,
        send: (batch) => options.send(batch),
        ...options.limits,
      },
    },
  })
  return { ...delivery, time, lines }
}
const until = (isSo: () => boolean) => eventually(() => Promise.resolve(isSo()), Boolean, 5_000)
const away = () => Promise.reject(new SendFailure('no answer', { isFinal: false }))
const taken = { again: [], refusedCount: 0 }

test('events that come together go together, oldest first, within what a request may hold', async () => {
  const batches: LogBatch[] = []
  const { logs, time, counts } = given({
    limits: { linesMax: 3 },
    send: async (batch) => {
      batches.push(batch)
      return taken
    },
  })
  for (const name of ['1', '2', '3', '4']) logs.deliver(failure(name))
  await until(() => time.waits() === 1)
  expect(batches).toEqual([])
  time.next()
  await until(() => batches.length === 1)
  await until(() => time.waits() === 1)
  time.next()
  await until(() => counts().waiting === 0)
  expect(batches.map(textsOf)).toEqual([['1', '2', '3'], ['4']])
  expect(counts().delivered).toEqual(new Map([['cloudWatchLogs', 4]]))
})

test('a request is no larger than the service takes', async () => {
  const sizes: number[] = []
  const { logs, time, counts } = given({
    limits: { bytesMax: 1_000, lingerMs: 1 },
    send: async ({ lines }) => {
      sizes.push(lines.reduce((bytes, { text }) => bytes + Buffer.byteLength(text) + 26, 0))
      return taken
    },
  })
  for (let count = 0; count < 20; count += 1) logs.deliver(failure('é'.repeat(50)))
  while (counts().waiting > 0) {
    await until(() => time.waits() > 0 || counts().waiting === 0)
    if (time.waits() > 0) time.next()
  }
  expect(sizes.length).toBeGreaterThan(5)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000)
})

test('an endpoint that stays away is asked ever more seldom; after a while events are dropped, counted and named without their content', async () => {
  const askedAtMs: number[] = []
  const { logs, time, counts, lines } = given({
    send: () => {
      askedAtMs.push(time.clock.now())
      return away()
    },
  })
  const startMs = time.clock.now()
  logs.deliver(failure('of ann@quarry.example'))
  while (counts().waiting > 0) {
    await until(() => time.waits() > 0 || counts().waiting === 0)
    if (time.waits() > 0) time.next()
  }
  expect(time.clock.now() - startMs).toBeGreaterThanOrEqual(keptMs)
  expect(time.clock.now() - startMs).toBeLessThan(keptMs + 35_000)
  const gaps = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0))
  expect(gaps[0]).toBeLessThanOrEqual(500)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000)
  expect(gaps.length).toBeLessThan(80)
  expect(counts().dropped).toEqual(new Map([['endpoint-away', 1]]))
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'error'])
  expect(lines.at(-1)?.fields).toEqual({
    poolId,
    source: 'userNotification',
    destination: 'cloudWatchLogs',
    count: 1,
    reason: 'endpoint-away',
    code: 'no answer',
  })
  expect(JSON.stringify(lines)).not.toContain('quarry')
})

test('younger events outlive older ones that are given up, and are delivered when the endpoint is back', async () => {
  const batches: LogBatch[] = []
  let isAway = true
  const { logs, time, counts, lines } = given({
    send: (batch) => {
      if (isAway) return away()
      batches.push(batch)
      return Promise.resolve(taken)
    },
  })
  const startMs = time.clock.now()
  logs.deliver(failure('old'))
  let isYoungThere = false
  while (!counts().dropped.has('endpoint-away')) {
    await until(() => time.waits() > 0 || counts().dropped.has('endpoint-away'))
    if (!isYoungThere && time.clock.now() > startMs + keptMs / 2) {
      isYoungThere = true
      logs.deliver(failure('young'))
    }
    if (time.waits() > 0) time.next()
  }
  isAway = false
  while (counts().waiting > 0) {
    await until(() => time.waits() > 0 || counts().waiting === 0)
    if (time.waits() > 0) time.next()
  }
  expect(batches.map(textsOf)).toEqual([['young']])
  expect(counts().dropped).toEqual(new Map([['endpoint-away', 1]]))
  expect(lines.at(-1)?.level).toBe('info')
})

test('no more than a bounded number waits: further events are dropped and counted, and said once a minute', async () => {
  const { logs, counts, lines } = given({ waitingMax: 5, send: away })
  for (let count = 0; count < 12; count += 1) logs.deliver(failure(String(count)))
  expect(counts().waiting).toBe(5)
  expect(counts().dropped).toEqual(new Map([['queue-full', 7]]))
  expect(lines.filter(({ fields }) => fields.reason === 'queue-full')).toHaveLength(1)
})

test('what the service refuses for its content is dropped at once', async () => {
  const { logs, time, counts } = given({
    send: () => Promise.reject(new SendFailure('InvalidParameterException', { isFinal: true })),
  })
  logs.deliver(failure('1'))
  await until(() => time.waits() === 1)
  time.next()
  await until(() => counts().waiting === 0)
  expect(counts().dropped).toEqual(new Map([['refused', 1]]))
})

test('a Region that stops sends what waits, once; what is not taken then is dropped and counted', async () => {
  const batches: LogBatch[] = []
  const { logs, close, counts } = given({
    configurationsOf: (pool) => Promise.resolve([group(pool === poolId ? 'there' : 'away')]),
    send: (batch) => {
      if (batch.poolId !== poolId) return away()
      batches.push(batch)
      return Promise.resolve(taken)
    },
  })
  logs.deliver(failure('sent'))
  logs.deliver(failure('lost', 'us-east-1_Away'))
  await close()
  expect(batches.map(textsOf)).toEqual([['sent']])
  logs.deliver(failure('too late'))
  expect(counts()).toMatchObject({ waiting: 0, dropped: new Map([['stopped', 2]]) })
})

test('an endpoint that never answers holds up the stop for some seconds at most', async () => {
  const { logs, time, close, counts } = given({
    send: () => new Promise<Untaken>(() => undefined),
    limits: {
      send: (_batch, _destination, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new SendFailure('no answer', { isFinal: false })))
        }),
    },
  })
  const startMs = time.clock.now()
  logs.deliver(failure('1'))
  await until(() => time.waits() === 1)
  const closed = close()
  await until(() => time.waits() === 1)
  time.next()
  await closed
  expect(time.clock.now() - startMs).toBeLessThanOrEqual(5_000)
  expect(counts().dropped).toEqual(new Map([['stopped', 1]]))
})

test('a pool that wants no logs, or wants them where there is no endpoint, costs nothing', async () => {
  const configured: Record<string, readonly LogConfigurationType[]> = {
    none: [],
    other: [activity({ S3Configuration: { BucketArn: 'arn:aws:s3:::logs' } })],
  }
  const { logs, counts } = given({
    send: () => Promise.reject(new Error('not to be called')),
    configurationsOf: (pool) => Promise.resolve(configured[pool] ?? []),
  })
  expect([logs.reaches('cloudWatchLogs'), logs.reaches('s3')]).toEqual([true, false])
  logs.deliver(failure('1', 'none'))
  logs.deliver(failure('1', 'other'))
  await until(() => counts().waiting === 0)
  expect(counts().dropped.size).toBe(0)
})

test('a configuration that can’t be read is said and counted', async () => {
  const { logs, counts, lines } = given({
    send: away,
    configurationsOf: () => Promise.reject(new Error('the key is disabled')),
  })
  logs.deliver(failure('1'))
  await until(() => counts().waiting === 0)
  expect(counts().dropped).toEqual(new Map([['no-configuration', 1]]))
  expect(lines).toHaveLength(1)
})

describe('the services', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    vi.restoreAllMocks()
    for (const close of closing.splice(0).reverse()) await close()
  })
  const started = (
    configuration: Parameters<typeof startLogDelivery>[0]['configuration'],
    configurations: readonly LogConfigurationType[],
  ): LogDelivery => {
    const note = (): void => undefined
    const delivery = startLogDelivery({
      ...newTime(),
      clock: systemClock,
      wait: (ms, signal) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, Math.min(ms, 5))
          signal?.addEventListener('abort', () => {
            clearTimeout(timer)
            resolve()
          })
        }),
      region: 'us-east-1',
      account: '000000000000',
      configuration: { batchSeconds: 0, ...configuration },
      defaultCredentials: key,
      random: systemRandom,
      log: { info: note, warn: note, error: note } as never,
      configurationsOf: () => Promise.resolve(configurations),
    })
    closing.push(delivery.close)
    return delivery
  }
  const endpointIn = async (region = 'us-east-1') => {
    const endpoint = await startLogEndpoint({ ...key, region })
    closing.push(endpoint.close)
    return endpoint
  }
  const event = (name: string) =>
    ({
      source: 'userAuthEvents',
      poolId,
      user: { sub: 'a-sub', username: name },
      event: {
        eventId: name,
        type: 'SignIn',
        createdAtMs: 0,
        response: 'Fail',
        clientId: 'app',
        risk: { decision: 'Block', level: 'High', hasCompromisedPassword: true },
        challenges: [],
      },
      requestId: 'a-request',
      hasContextData: false,
    }) as const

  test('Firehose gets again only the records that it did not take', async () => {
    const endpoint = await endpointIn()
    const asked: (readonly unknown[])[] = []
    endpoint.answerWith(({ logs }, response) => {
      asked.push(logs.map(({ message }) => message.userName))
      if (asked.length > 1) return false
      response.end(
        JSON.stringify({
          FailedPutCount: 1,
          RequestResponses: [
            { RecordId: '1' },
            { ErrorCode: 'ServiceUnavailableException' },
            { RecordId: '3' },
          ],
        }),
      )
      return true
    })
    const { logs, counts } = started({ firehose: { endpoint: endpoint.origin } }, [
      activity({
        FirehoseConfiguration: {
          StreamArn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/events',
        },
      }),
    ])
    for (const name of ['ann', 'bea', 'cid']) logs.deliver(event(name))
    await until(() => counts().waiting === 0)
    expect(asked).toEqual([['ann', 'bea', 'cid'], ['bea']])
    expect(counts().delivered).toEqual(new Map([['firehose', 3]]))
    expect(endpoint.requests.at(-1)?.logs[0]?.message).toMatchObject({
      riskDecision: 'Block',
      riskLevel: 'High',
      compromisedCredentialDetected: 'true',
    })
    expect(endpoint.refusals).toEqual([])
  })

  test('CloudWatch Logs says which events it rejects; they are counted as dropped', async () => {
    const endpoint = await endpointIn()
    endpoint.answerWith(({ action }, response) => {
      if (action !== 'PutLogEvents') return false
      response.end(JSON.stringify({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } }))
      return true
    })
    const { logs, counts } = started({ cloudWatchLogs: { endpoint: endpoint.origin } }, [group()])
    logs.deliver(failure('old'))
    logs.deliver(failure('new'))
    await until(() => counts().waiting === 0)
    expect(counts().dropped).toEqual(new Map([['refused', 1]]))
    expect(counts().delivered).toEqual(new Map([['cloudWatchLogs', 1]]))
  })

  test('a log group that isn’t there, or a key without permission, is asked again until it is', async () => {
    const endpoint = await endpointIn('eu-west-1')
    let count = 0
    endpoint.answerWith((_, response) => {
      count += 1
      if (count > 6) return false
      return refuseWith(response, 400, count > 3 ? 'AccessDeniedException' : 'ResourceNotFoundException')
    })
    const { logs, counts } = started({ cloudWatchLogs: { endpoint: endpoint.origin } }, [
      {
        ...group(),
        CloudWatchLogsConfiguration: {
          LogGroupArn: 'arn:aws:logs:eu-west-1:000000000000:log-group:elsewhere',
        },
      },
    ])
    logs.deliver(failure('1'))
    await until(() => counts().waiting === 0)
    expect(counts().dropped.size).toBe(0)
    expect(endpoint.requests.map(({ action }) => action)).toEqual(['CreateLogStream', 'PutLogEvents'])
    // Signed for the Region that the log group's ARN names.
    expect(endpoint.refusals).toEqual([])
  })

  test('a further attempt puts the same S3 object', async () => {
    const endpoint = await endpointIn()
    const targets: string[] = []
    endpoint.answerWith(({ target }, response) => {
      targets.push(target)
      if (targets.length > 1) return false
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
      return true
    })
    const { logs, counts } = started({ s3: { endpoint: endpoint.origin } }, [
      activity({ S3Configuration: { BucketArn: 'arn:aws:s3:::events' } }),
    ])
    logs.deliver(event('ann'))
    await until(() => counts().waiting === 0)
    expect(targets).toHaveLength(2)
    expect(new Set(targets).size).toBe(1)
  })

  test.each([
    [group(), 'https://logs.us-east-1.amazonaws.com/'],
    [
      activity({
        FirehoseConfiguration: {
          StreamArn: 'arn:aws-cn:firehose:cn-north-1:000000000000:deliverystream/events',
        },
      }),
      'https://firehose.cn-north-1.amazonaws.com.cn/',
    ],
    [
      activity({ S3Configuration: { BucketArn: 'arn:aws:s3:::events' } }),
      'https://events.s3.eu-west-1.amazonaws.com/AWSLogs/',
    ],
    [
      activity({ S3Configuration: { BucketArn: 'arn:aws:s3:::events.example' } }),
      'https://s3.eu-west-1.amazonaws.com/events.example/AWSLogs/',
    ],
  ])('Amazon’s own are asked where Amazon has them: %j', async (configuration, origin) => {
    const urls: string[] = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (url) => {
      if (typeof url === 'string') urls.push(url)
      return new Response('{}')
    })
    const aws = { endpoint: 'aws' }
    const { logs, counts } = started(
      { cloudWatchLogs: aws, firehose: aws, s3: { ...aws, region: 'eu-west-1' }, credentials: key },
      [configuration],
    )
    logs.deliver(configuration.EventSource === 'userNotification' ? failure('1') : event('ann'))
    await until(() => counts().waiting === 0)
    expect(counts().dropped.size).toBe(0)
    expect(urls).toHaveLength(1)
    expect(urls[0]?.startsWith(origin)).toBe(true)
  })
})
