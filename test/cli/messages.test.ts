// `twinpool start` with a mail server, and `twinpool inbox`: e-mail leaves the deployment, and what can't leave it can be read.
import { rmSync } from 'node:fs'
import {
  AdminCreateUserCommand,
  CodeDeliveryFailureException,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { messageOptions, messagesOf } from '../../src/cli/message-options.ts'
import { messageDelivery } from '../../src/region/configuration.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { type Command, newFolder, runCommand } from './support/command.ts'

const folder = newFolder()
let mail: MailServer
let command: Command
const clients: CognitoIdentityProviderClient[] = []
const [east, west] = ['us-east-1', 'us-west-2'] as const

const clientOf = (region: string, endpoint: string): CognitoIdentityProviderClient => {
  const client = new CognitoIdentityProviderClient({
    region,
    endpoint,
    credentials: { accessKeyId: 'AKIAMAIL', secretAccessKey: 'mail-test-key' },
    maxAttempts: 1,
  })
  clients.push(client)
  return client
}
const poolWith = async (client: CognitoIdentityProviderClient, attribute: 'email' | 'phone_number') => {
  const { UserPool } = await client.send(
    new CreateUserPoolCommand({ PoolName: attribute, AutoVerifiedAttributes: [attribute] }),
  )
  const { UserPoolClient } = await client.send(
    new CreateUserPoolClientCommand({ UserPoolId: UserPool?.Id, ClientName: 'app' }),
  )
  return { UserPoolId: UserPool?.Id ?? '', ClientId: UserPoolClient?.ClientId ?? '' }
}
const inbox = async (...words: readonly string[]) => {
  const { exitCode, output, errors } = await runCommand('inbox', ...words, '--data', folder).ended
  return {
    exitCode,
    errors,
    messages: exitCode === 0 ? (JSON.parse(output) as Record<string, string>[]) : [],
  }
}

let endpoint = ''
beforeAll(async () => {
  mail = await startMailServer('twin pool', 'mail-secret')
  process.env.TWINPOOL_SMTP_PASSWORD = 'mail-secret'
  const flags = [
    '--smtp',
    `smtp://twin%20pool@127.0.0.1:${mail.port}?tls=off`,
    '--mail-from',
    'no-reply@quarry.example',
  ]
  command = runCommand(
    'start',
    '--data',
    folder,
    '--port',
    '0',
    '--json',
    '--access-key',
    'AKIAMAIL:mail-test-key',
    ...flags,
  )
  endpoint = (JSON.parse(await command.firstLine()) as { router: string }).router
})
afterAll(async () => {
  delete process.env.TWINPOOL_SMTP_PASSWORD
  for (const client of clients) client.destroy()
  if (command.child.exitCode === null) command.child.kill('SIGTERM')
  await command.ended
  await mail.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a deployment with a mail server', () => {
  test('sends codes by e-mail, and answers CodeDeliveryFailureException where the server takes none', async () => {
    const client = clientOf(east, endpoint)
    const { ClientId, UserPoolId } = await poolWith(client, 'email')
    const signUp = (Username: string) =>
      client.send(
        new SignUpCommand({
          ClientId,
          Username,
          Password: 'Long-enough-1',
          UserAttributes: [{ Name: 'email', Value: `${Username}@quarry.example` }],
        }),
      )
    await signUp('ann')
    expect(mail.received).toEqual([
      expect.objectContaining({
        from: 'no-reply@quarry.example',
        to: ['ann@quarry.example'],
        body: expect.stringMatching(/\d{6}/),
      }),
    ])
    mail.refuse('452 too busy')
    await expect(signUp('bob')).rejects.toThrow(CodeDeliveryFailureException)
    const resend = (clientId: string) =>
      client.send(new ResendConfirmationCodeCommand({ ClientId: clientId, Username: 'bob' }))
    await expect(resend(ClientId)).rejects.toThrow(CodeDeliveryFailureException)
    // A failure would tell that there is such a user.
    const { UserPoolClient } = await client.send(
      new CreateUserPoolClientCommand({
        UserPoolId,
        ClientName: 'hiding',
        PreventUserExistenceErrors: 'ENABLED',
      }),
    )
    const { CodeDeliveryDetails } = await resend(UserPoolClient?.ClientId ?? '')
    expect(CodeDeliveryDetails).toMatchObject({ DeliveryMedium: 'EMAIL', Destination: 'b***@q***' })
    expect((await inbox()).messages).toEqual([])
  })

  test('keeps SMS in the inbox of each Region, which is printed oldest first, or for one receiver', async () => {
    const east1 = clientOf(east, endpoint)
    const west1 = clientOf(west, endpoint)
    const invited = [
      [east1, '+12065550101'],
      [west1, '+12065550102'],
      [east1, '+12065550103'],
    ] as const
    const pools = new Map([
      [east1, await poolWith(east1, 'phone_number')],
      [west1, await poolWith(west1, 'phone_number')],
    ])
    for (const [client, Value] of invited)
      await client.send(
        new AdminCreateUserCommand({
          UserPoolId: pools.get(client)?.UserPoolId,
          Username: `user${Value.slice(1)}`,
          UserAttributes: [{ Name: 'phone_number', Value }],
        }),
      )
    const all = await inbox()
    expect(all.messages.map(({ to }) => to)).toEqual(invited.map(([, to]) => to))
    const one = await inbox('+12065550102')
    expect(one.messages).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        to: '+12065550102',
        channel: 'SMS',
        body: expect.stringContaining(one.messages[0]?.code ?? 'no code'),
        code: expect.any(String),
      },
    ])
    expect((await inbox('nobody@quarry.example')).messages).toEqual([])
  })

  test('whose inbox can’t be read says so in a line', async () => {
    const nowhere = await runCommand('inbox', '--data', `${folder}/none`).ended
    expect(nowhere.errors).toContain('No deployment was started in')
    expect(nowhere.exitCode).toBe(1)
    const twice = await runCommand('inbox', 'a@x.example', 'b@x.example', '--data', folder).ended
    expect(twice.errors).toContain("'b@x.example' is not expected here.")
    expect(twice.exitCode).toBe(2)
    command.child.kill('SIGTERM')
    await command.ended
    const stopped = await inbox()
    expect(stopped.errors).toMatch(/gives no answer\. Is it running\?\n$/)
    expect(stopped.exitCode).toBe(1)
  })
})

describe('the flags', () => {
  const read = (given: object) => messagesOf(z.object(messageOptions).parse(given))

  test.each([
    ['smtps://mail.example', { host: 'mail.example', port: 465, security: 'tls' }],
    ['smtp://mail.example', { host: 'mail.example', port: 587, security: 'starttls' }],
    [
      'smtp://a%40b:c%3Ad@[::1]:25?tls=off',
      { host: '::1', port: 25, security: 'none', user: 'a@b', password: 'c:d' },
    ],
  ])('--smtp %s is what it says', (smtp, server) => {
    expect(read({ smtp, mailFrom: 'no-reply@x.example' })).toEqual({
      email: { smtp: server, from: 'no-reply@x.example' },
    })
  })

  test('say how SMS go, in a form that a Region takes', () => {
    expect(messageDelivery.parse(read({ smsWebhook: 'https://sms.example/send' }))).toEqual({
      sms: { webhook: { url: 'https://sms.example/send' } },
    })
    expect(messageDelivery.parse(read({ sns: 'aws' }))).toEqual({ sms: { sns: { endpoint: 'aws' } } })
    expect(read({})).toBeUndefined()
  })

  test.each([
    [['--smtp', 'http://mail.example', '--mail-from', 'a@x.example'], '--smtp: give it as smtp://'],
    [['--smtp', 'smtp://mail.example?tls=maybe', '--mail-from', 'a@x.example'], '--smtp: give it as smtp://'],
    [['--smtp', 'smtp://mail.example'], '--smtp: it needs --mail-from'],
    [['--mail-from', 'a@x.example'], '--mail-from: it needs --smtp'],
    [['--sms-webhook', 'sms.example'], '--sms-webhook: give it as'],
    [['--sms-webhook', 'http://a.example', '--sns', 'aws'], '--sns: SMS go by'],
    [['--sns-access-key', 'AKIA1:12345678'], '--sns-access-key: it needs --sns'],
  ])('%j is one clear line and exit code 2', async (words, line) => {
    const { exitCode, errors } = await runCommand('start', '--data', `${folder}/none`, ...words).ended
    expect(errors).toContain(line)
    expect(exitCode).toBe(2)
  })
})
