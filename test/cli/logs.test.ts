// `twinpool start` with endpoints for logs of user pools: what the flags say is what the Regions do, also while they stop.
import { rmSync } from 'node:fs'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
  ResendConfirmationCodeCommand,
  SetLogDeliveryConfigurationCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { logFlaw, logOptions, logsOf } from '../../src/cli/log-options.ts'
import { type LogEndpoint, startLogEndpoint } from '../support/log-endpoint.ts'
import { eventually } from '../support/regions.ts'
import { type Command, newFolder, runCommand } from './support/command.ts'

const key = { accessKeyId: 'AKIALOGS', secretAccessKey: 'a-key-for-logs' }
const region = 'us-east-1'
const folder = newFolder()
let endpoint: LogEndpoint
let command: Command
let client: CognitoIdentityProviderClient

beforeAll(async () => {
  endpoint = await startLogEndpoint({ ...key, region })
  const flags = {
    '--regions': region,
    '--data': folder,
    '--port': '0',
    '--access-key': 'AKIASTART:start-test-key',
    // Nobody listens there.
    '--sms-webhook': 'http://127.0.0.1:9/',
    '--logs-cloudwatch': endpoint.origin,
    '--logs-s3': `${endpoint.origin}/`,
    '--logs-access-key': `${key.accessKeyId}:${key.secretAccessKey}`,
  }
  command = runCommand('start', '--json', ...Object.entries(flags).flat())
  const { router } = JSON.parse(await command.firstLine()) as { readonly router: string }
  client = new CognitoIdentityProviderClient({
    region,
    endpoint: router,
    credentials: { accessKeyId: 'AKIASTART', secretAccessKey: 'start-test-key' },
    maxAttempts: 1,
  })
})
afterAll(async () => {
  client.destroy()
  if (command.child.exitCode === null) command.child.kill('SIGTERM')
  await command.ended
  await endpoint.close()
  rmSync(folder, { recursive: true, force: true })
})

test('errors of messages go to the log group soon, and user activity that still waits goes to the bucket when the deployment stops', async () => {
  const { UserPool: { Id: UserPoolId = '' } = {} } = await client.send(
    new CreateUserPoolCommand({
      PoolName: 'logged',
      UserPoolTier: 'PLUS',
      UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
      AutoVerifiedAttributes: ['phone_number'],
    }),
  )
  const { UserPoolClient: { ClientId = '' } = {} } = await client.send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const LogGroupArn = `arn:aws:logs:${region}:000000000000:log-group:pool`
  await client.send(
    new SetLogDeliveryConfigurationCommand({
      UserPoolId,
      LogConfigurations: [
        {
          EventSource: 'userNotification',
          LogLevel: 'ERROR',
          CloudWatchLogsConfiguration: { LogGroupArn },
        },
        {
          EventSource: 'userAuthEvents',
          LogLevel: 'INFO',
          S3Configuration: { BucketArn: 'arn:aws:s3:::pool-activity' },
        },
      ],
    }),
  )
  const Password = 'Long-enough-1'
  const attributes = [{ Name: 'phone_number', Value: '+12065550100' }]
  await expect(
    client.send(new SignUpCommand({ ClientId, Username: 'ann', Password, UserAttributes: attributes })),
  ).rejects.toMatchObject({ name: 'CodeDeliveryFailureException' })
  await expect(
    client.send(new ResendConfirmationCodeCommand({ ClientId, Username: 'ann' })),
  ).rejects.toMatchObject({ name: 'CodeDeliveryFailureException' })
  const errors = await eventually(
    () => Promise.resolve(endpoint.logsOf(UserPoolId)),
    (logs) => logs.length > 1,
  )
  expect(errors.map(({ eventSource }) => eventSource)).toEqual(['USER_NOTIFICATION', 'USER_NOTIFICATION'])

  await client.send(new AdminCreateUserCommand({ UserPoolId, Username: 'bea', MessageAction: 'SUPPRESS' }))
  await client.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username: 'bea', Password, Permanent: true }),
  )
  await client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'bea', PASSWORD: Password },
    }),
  )
  command.child.kill('SIGTERM')
  expect((await command.ended).exitCode).toBe(0)
  const [object, ...more] = endpoint.requests.filter(({ service }) => service === 's3')
  expect(more).toEqual([])
  expect(object?.logs.at(-1)?.message).toMatchObject({
    userName: 'bea',
    eventType: 'SignIn',
    eventResponse: 'Pass',
  })
  expect(endpoint.refusals).toEqual([])
})

test('flags say where each destination is, and a key needs one of them', () => {
  const read = (given: object) => logsOf(z.object(logOptions).parse(given))
  expect(read({})).toBeUndefined()
  expect(read({ logsCloudwatch: 'aws', logsFirehose: 'https://firehose.example' })).toEqual({
    cloudWatchLogs: { endpoint: 'aws' },
    firehose: { endpoint: 'https://firehose.example' },
  })
  expect(() => read({ logsS3: '/var/log' })).toThrow('give it as an http or https URL, or aws')
  expect(logFlaw({ logsAccessKey: key })?.[0]).toBe('logsAccessKey')
  expect(logFlaw({ logsAccessKey: key, logsS3: 'aws' })).toBeUndefined()
})
