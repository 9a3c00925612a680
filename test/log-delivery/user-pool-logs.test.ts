// Logs of user pools in whole Regions: both sources, all three destinations, on a primary and on a secondary.
import {
  AdminCreateUserCommand,
  AdminListUserAuthEventsCommand,
  AdminSetUserPasswordCommand,
  AdminUpdateAuthEventFeedbackCommand,
  ChangePasswordCommand,
  CreateUserPoolClientCommand,
  InitiateAuthCommand,
  type LogConfigurationType,
  SetLogDeliveryConfigurationCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LogEndpoint, refuseWith, startLogEndpoint } from '../support/log-endpoint.ts'
import { eventually, startRegions } from '../support/regions.ts'
import { makeActiveReplica, makeMultiRegionKey, makePool } from '../support/replicated-pool.ts'

const east = 'us-east-1'
const west = 'us-west-2'
const password = 'Unguessable-1'
const key = { accessKeyId: 'AKIALOGS', secretAccessKey: 'only for these logs' }
const arns = {
  group: `arn:aws:logs:${east}:000000000000:log-group:/aws/vendedlogs/pool`,
  stream: `arn:aws:firehose:${east}:000000000000:deliverystream/pool-activity`,
  bucket: 'arn:aws:s3:::pool-activity',
}
const activityTo = (destination: Partial<LogConfigurationType>): LogConfigurationType => ({
  EventSource: 'userAuthEvents',
  LogLevel: 'INFO',
  ...destination,
})
const notificationErrors: LogConfigurationType = {
  EventSource: 'userNotification',
  LogLevel: 'ERROR',
  CloudWatchLogsConfiguration: { LogGroupArn: arns.group },
}
let endpoint: LogEndpoint
let regions: Awaited<ReturnType<typeof startRegions>>
let UserPoolId: string
let ClientId: string

beforeAll(async () => {
  endpoint = await startLogEndpoint({ ...key, region: east })
  const { origin } = endpoint
  regions = await startRegions([east, west], {
    logs: {
      cloudWatchLogs: { endpoint: origin },
      firehose: { endpoint: origin },
      s3: { endpoint: origin, region: east },
      credentials: key,
      batchSeconds: 0,
    },
    // Nobody listens there: every SMS fails.
    messages: { sms: { webhook: { url: 'http://127.0.0.1:9/' } } },
  })
  UserPoolId = await makePool(regions, await makeMultiRegionKey(regions), {
    UserPoolTier: 'PLUS',
    UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
    AutoVerifiedAttributes: ['phone_number'],
  })
  const { UserPoolClient } = await regions.cognito(east).send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  ClientId = UserPoolClient?.ClientId ?? ''
  await makeActiveReplica(regions, UserPoolId)
})
afterAll(async () => {
  await regions.close()
  await endpoint.close()
})
beforeEach(() => endpoint.answerWith(undefined))

const set = (LogConfigurations: LogConfigurationType[], region = east) =>
  regions.cognito(region).send(new SetLogDeliveryConfigurationCommand({ UserPoolId, LogConfigurations }))

const makeUser = async (Username: string): Promise<string> => {
  const client = regions.cognito(east)
  await client.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }))
  await client.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: password, Permanent: true }),
  )
  return Username
}
const signIn = (USERNAME: string, PASSWORD = password, region = east) =>
  regions.cognito(region).send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD },
      UserContextData: { IpAddress: '192.0.2.10' },
    }),
  )
const activityOf = (name: string) =>
  endpoint.requests.flatMap(({ service, target, logs }) =>
    logs.filter(({ message }) => message.userName === name).map((log) => ({ service, target, ...log })),
  )
const activityFrom = (name: string, count: number) =>
  eventually(
    () => Promise.resolve(activityOf(name)),
    (logs) => logs.length >= count,
  )

test('user activity goes to a log group as Amazon words it, each event once it is kept', async () => {
  await set([activityTo({ CloudWatchLogsConfiguration: { LogGroupArn: arns.group } })])
  const name = await makeUser('ann')
  await expect(signIn(name, 'Wrong-pass-1')).rejects.toThrow('Incorrect username or password.')
  const { AuthenticationResult, $metadata } = await signIn(name)
  await regions.cognito(east).send(
    new ChangePasswordCommand({
      AccessToken: AuthenticationResult?.AccessToken,
      PreviousPassword: password,
      ProposedPassword: 'Unguessable-2',
    }),
  )
  const [wrong, right, change, ...more] = await activityFrom(name, 3)
  const { AuthEvents = [] } = await regions
    .cognito(east)
    .send(new AdminListUserAuthEventsCommand({ UserPoolId, Username: name }))
  const created = AuthEvents[1]?.CreationDate ?? new Date(0)
  expect(more).toEqual([])
  expect(right).toEqual({
    service: 'logs',
    target: `/aws/vendedlogs/pool ${east}/${UserPoolId}/userAuthEvents`,
    eventTimestamp: expect.stringMatching(/^\d{13}$/),
    eventSource: 'USER_ACTIVITY',
    logLevel: 'INFO',
    message: {
      version: '1',
      eventId: AuthEvents[1]?.EventId,
      eventType: 'SignIn',
      userSub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userName: name,
      userPoolId: UserPoolId,
      clientId: ClientId,
      creationDate: expect.stringMatching(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/),
      eventResponse: 'Pass',
      riskLevel: '',
      riskDecision: 'PASS',
      challenges: ['Password:Success'],
      deviceName: '',
      ipAddress: '192.0.2.10',
      requestId: $metadata.requestId,
      idpName: '',
      compromisedCredentialDetected: 'false',
      city: '',
      country: '',
      eventFeedbackValue: '',
      eventFeedbackDate: '',
      eventFeedbackProvider: '',
      hasContextData: 'true',
    },
    logSourceId: { userPoolId: UserPoolId },
  })
  const seconds = Math.floor(created.getTime() / 1_000)
  expect(Date.parse(String(right?.message.creationDate))).toBe(seconds * 1_000)
  expect(wrong?.message).toMatchObject({ eventResponse: 'Fail', challenges: ['Password:Failure'] })
  expect(change?.message).toMatchObject({ eventType: 'PasswordChange', hasContextData: 'false' })
  expect(endpoint.refusals).toEqual([])
})

test('user activity goes to a Firehose stream; feedback sends the event again', async () => {
  await set([activityTo({ FirehoseConfiguration: { StreamArn: arns.stream } })])
  const name = await makeUser('bea')
  await signIn(name)
  const [event] = await activityFrom(name, 1)
  const EventId = String(event?.message.eventId)
  await regions.cognito(east).send(
    new AdminUpdateAuthEventFeedbackCommand({
      UserPoolId,
      Username: name,
      EventId,
      FeedbackValue: 'Invalid',
    }),
  )
  const logs = await activityFrom(name, 2)
  expect(logs.map(({ service, target, message }) => [service, target, message.eventId])).toEqual([
    ['firehose', 'pool-activity', EventId],
    ['firehose', 'pool-activity', EventId],
  ])
  expect(logs[1]?.message).toMatchObject({
    eventFeedbackValue: 'Invalid',
    eventFeedbackProvider: 'Admin',
    eventFeedbackDate: expect.stringMatching(/ UTC \d{4}$/),
  })
  expect(endpoint.refusals).toEqual([])
})

test('user activity goes to an S3 bucket, as objects of gzip lines under AWSLogs', async () => {
  await set([activityTo({ S3Configuration: { BucketArn: `${arns.bucket}/east` } })])
  const name = await makeUser('cid')
  await signIn(name)
  const [log, ...more] = await activityFrom(name, 1)
  expect(more).toEqual([])
  expect(log?.service).toBe('s3')
  const [folder, file] = [
    `pool-activity/east/AWSLogs/000000000000/cognito-idp/${east}/${UserPoolId}`,
    `000000000000_cognito-idp_${east}_${UserPoolId}`,
  ]
  expect(log?.target).toMatch(
    new RegExp(`^${folder}/\\d{4}/\\d\\d/\\d\\d/${file}_\\d{8}T\\d{6}Z_[0-9a-f]{16}\\.log\\.gz$`),
  )
  expect(endpoint.refusals).toEqual([])
})

test('a message that could not be delivered is a notification error, without address or text', async () => {
  await set([notificationErrors])
  const Username = 'dan'
  const phone = '+12065550123'
  await expect(
    regions.cognito(east).send(
      new SignUpCommand({
        ClientId,
        Username,
        Password: password,
        UserAttributes: [{ Name: 'phone_number', Value: phone }],
      }),
    ),
  ).rejects.toMatchObject({ name: 'CodeDeliveryFailureException' })
  const [request] = await eventually(
    () =>
      Promise.resolve(
        endpoint.requests.filter(({ logs }) =>
          logs.some(({ eventSource }) => eventSource === 'USER_NOTIFICATION'),
        ),
      ),
    (found) => found.length > 0,
  )
  expect(request).toEqual({
    service: 'logs',
    action: 'PutLogEvents',
    target: `/aws/vendedlogs/pool ${east}/${UserPoolId}/userNotification`,
    logs: [
      {
        eventTimestamp: expect.stringMatching(/^\d{13}$/),
        eventSource: 'USER_NOTIFICATION',
        logLevel: 'ERROR',
        message: { details: 'A message could not be delivered by SMS: no answer.' },
        logSourceId: { userPoolId: UserPoolId },
      },
    ],
  })
  // Nobody asked for user activity any more.
  expect(activityOf(Username)).toEqual([])
  expect(endpoint.refusals).toEqual([])
})

test('a secondary delivers its own events to where its own configuration says', async () => {
  await set([])
  await set([activityTo({ CloudWatchLogsConfiguration: { LogGroupArn: arns.group } })], west)
  const name = await makeUser('eve')
  await signIn(name)
  await eventually(
    () => signIn(name, password, west).catch(() => undefined),
    (answer) => answer !== undefined,
  )
  const logs = await activityFrom(name, 1)
  const passed = logs.filter(({ message }) => message.eventResponse === 'Pass')
  expect(passed).toHaveLength(1)
  expect(logs.map(({ target }) => target)).toEqual(
    logs.map(() => `/aws/vendedlogs/pool ${west}/${UserPoolId}/userAuthEvents`),
  )
  expect(endpoint.refusals).toEqual([])
})

const metricOf = async (name: string): Promise<number> => {
  const text = await (await fetch(`${regions.origins[east]}/_twinpool/metrics`)).text()
  return Number(new RegExp(`^${name}\\S* (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

test('events wait while the endpoint refuses or is away, sign-ins don’t, and all arrive in order when it is back', async () => {
  await set([activityTo({ CloudWatchLogsConfiguration: { LogGroupArn: arns.group } })])
  const name = await makeUser('fay')
  let refusedCount = 0
  endpoint.answerWith((_, response) => {
    refusedCount += 1
    return refuseWith(response, 400, 'ThrottlingException')
  })
  await signIn(name)
  await eventually(
    () => Promise.resolve(refusedCount),
    (count) => count > 0,
  )
  await endpoint.stop()
  await expect(signIn(name, 'Wrong-pass-1')).rejects.toThrow('Incorrect username or password.')
  await signIn(name)
  expect(await metricOf('twinpool_log_events_waiting')).toBe(3)
  endpoint.answerWith(undefined)
  await endpoint.start()
  const logs = await activityFrom(name, 3)
  expect(logs.map(({ message }) => message.eventResponse)).toEqual(['Pass', 'Fail', 'Pass'])
  await eventually(
    () => metricOf('twinpool_log_events_waiting'),
    (count) => count === 0,
  )
  expect(await metricOf('twinpool_log_events_dropped_total')).toBe(0)
  expect(await metricOf('twinpool_log_events_delivered_total')).toBeGreaterThan(2)
})
