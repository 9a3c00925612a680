// Messages that leave the deployment: by SMTP, an SMS webhook and an SNS endpoint, and what happens when they can't.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Message } from '../../src/directory/messages-port.ts'
import { senderOf } from '../../src/messages/delivery/create-delivery.ts'
import { type DeliveryConfiguration, startDelivery } from '../../src/messages/delivery/start-delivery.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { verifySignature } from '../../src/wire/sigv4.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'

type Asked = {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly request: IncomingMessage
}

const asked: Asked[] = []
let answer = (response: ServerResponse): void => void response.end('{}')
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString('utf8')
  asked.push({ url: request.url ?? '', headers: request.headers, body, request })
  answer(response)
})
let origin = ''
let mail: MailServer
const closing: (() => Promise<void>)[] = []
const logged: unknown[] = []
const kept: Message[] = []

beforeAll(async () => {
  mail = await startMailServer('twinpool', 'mail-secret')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await Promise.all(closing.map((close) => close()))
  await mail.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
afterEach(() => {
  mail.refuse(undefined)
  asked.length = 0
  logged.length = 0
  answer = (response) => void response.end('{}')
})

const deliveryBy = (
  configuration: DeliveryConfiguration,
  more: Partial<Parameters<typeof startDelivery>[0]> = {},
) => {
  const note = (...words: unknown[]): void => void logged.push(words)
  const started = startDelivery({
    region: 'us-east-1',
    configuration,
    environment: {},
    clock: systemClock,
    log: { info: note, error: note } as never,
    emailOf: () => Promise.resolve(undefined),
    inbox: {
      send: (message) => {
        kept.push(message)
        return Promise.resolve()
      },
    },
    ...more,
  })
  closing.push(started.close)
  return started.messages
}
const email = {
  poolId: 'us-east-1_Abc',
  channel: 'EMAIL',
  to: 'ann@quarry.example',
  subject: 'Hallo, Zoë',
  body: 'Code: 123456',
  code: '123456',
} as const
const sms = {
  poolId: 'us-east-1_Abc',
  channel: 'SMS',
  to: '+12065550100',
  body: 'Code: 123456',
  code: '123456',
} as const
const smtp = (more: object = {}) => ({
  email: {
    smtp: {
      host: '127.0.0.1',
      port: mail.port,
      security: 'none',
      user: 'twinpool',
      password: 'mail-secret',
      ...more,
    } as const,
    from: 'Twinpool <no-reply@quarry.example>',
  },
})
const failed = (message: RegExp) =>
  expect.objectContaining({ code: 'CodeDeliveryFailureException', message: expect.stringMatching(message) })

describe('an e-mail', () => {
  it('goes to the mail server, as plain text or HTML, from the deployment’s sender', async () => {
    const messages = deliveryBy(smtp())
    await messages.send(email)
    await messages.send({ ...email, body: '<p>Your code is <b>1&amp;2</b></p>', isHtml: true })
    const [plain, html] = mail.received.slice(-2)
    expect(plain).toMatchObject({
      from: 'no-reply@quarry.example',
      to: ['ann@quarry.example'],
      headers: {
        from: 'Twinpool <no-reply@quarry.example>',
        to: 'ann@quarry.example',
        subject: '=?UTF-8?Q?Hallo=2C_Zo=C3=AB?=',
        'content-type': 'text/plain; charset=utf-8',
        'auto-submitted': 'auto-generated',
      },
    })
    expect(plain?.body.trim()).toBe('Code: 123456')
    expect(html?.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(html?.body.trim()).toBe('<p>Your code is <b>1&amp;2</b></p>')
  })

  it('has the sender and reply address of a pool that sends under an identity of its own', async () => {
    const emailOf = () =>
      Promise.resolve({
        EmailSendingAccount: 'DEVELOPER' as const,
        From: 'Quarry <hello@quarry.example>',
        ReplyToEmailAddress: 'help@quarry.example',
      })
    await deliveryBy(smtp(), { emailOf }).send(email)
    expect(mail.received.at(-1)).toMatchObject({
      from: 'hello@quarry.example',
      headers: { from: 'Quarry <hello@quarry.example>', 'reply-to': 'help@quarry.example' },
    })
  })

  it('goes to one receiver, whatever their address looks like', async () => {
    await deliveryBy(smtp())
      .send({ ...email, to: 'ann@quarry.example\r\nBcc: eve@quarry.example' })
      .catch(() => undefined)
    for (const { to, headers } of mail.received) {
      expect(to).toHaveLength(1)
      expect(headers.bcc).toBeUndefined()
    }
  })

  it('takes the password from the environment where the configuration has none', async () => {
    const configuration = smtp({ password: undefined })
    await deliveryBy(configuration, { environment: { TWINPOOL_SMTP_PASSWORD: 'mail-secret' } }).send(email)
    await expect(deliveryBy(configuration).send(email)).rejects.toEqual(failed(/e-mail/))
  })

  it('is not sent without TLS unless the configuration says so', async () => {
    const count = mail.received.length
    await expect(deliveryBy(smtp({ security: 'starttls' })).send(email)).rejects.toEqual(failed(/e-mail/))
    expect(mail.received).toHaveLength(count)
  })

  it('that the server refuses, or nobody takes, fails, and the log names no address and no text', async () => {
    mail.refuse('550 no such mailbox')
    await expect(deliveryBy(smtp()).send(email)).rejects.toEqual(failed(/e-mail/))
    await expect(deliveryBy(smtp({ port: 1 })).send(email)).rejects.toEqual(failed(/e-mail/))
    expect(logged).toHaveLength(2)
    expect(JSON.stringify(logged)).toContain('EENVELOPE 550')
    for (const secret of ['ann@', '123456', 'mail-secret'])
      expect(JSON.stringify(logged)).not.toContain(secret)
  })
})

describe('an SMS by webhook', () => {
  it('is posted as JSON with the token', async () => {
    const messages = deliveryBy(
      { sms: { webhook: { url: `${origin}/sms` } } },
      { environment: { TWINPOOL_SMS_WEBHOOK_TOKEN: 'hook-secret' } },
    )
    await messages.send(sms)
    expect(asked).toEqual([
      expect.objectContaining({
        url: '/sms',
        headers: expect.objectContaining({
          'content-type': 'application/json',
          authorization: 'Bearer hook-secret',
        }),
      }),
    ])
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      to: '+12065550100',
      body: 'Code: 123456',
      poolId: 'us-east-1_Abc',
      region: 'us-east-1',
    })
  })

  const bad: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['refuses it', (response) => void response.writeHead(503).end()],
    [
      'sends it elsewhere',
      (response) => void response.writeHead(307, { location: `${origin}/elsewhere` }).end(),
    ],
    ['hangs up', (response) => void response.destroy()],
    ['answers without end', (response) => void response.write('x'.repeat(100_000))],
  ]
  it.each(bad)('fails when the endpoint %s', async (_, behaviour) => {
    answer = behaviour
    const messages = deliveryBy({ sms: { webhook: { url: `${origin}/sms` } } })
    await expect(messages.send(sms)).rejects.toEqual(failed(/SMS/))
    expect(asked.map(({ url }) => url)).toEqual(['/sms'])
    for (const secret of ['+1206', '123456']) expect(JSON.stringify(logged)).not.toContain(secret)
  })
})

describe('an SMS by SNS', () => {
  const credentials = { accessKeyId: 'AKIASNS', secretAccessKey: 'sns-secret-key' }
  const configuration = () => ({
    sms: { sns: { endpoint: origin, region: 'eu-west-1', credentials, senderId: 'Quarry' } },
  })

  it('is a signed Publish to the phone number', async () => {
    await deliveryBy(configuration()).send(sms)
    const [call] = asked
    expect(Object.fromEntries(new URLSearchParams(call?.body))).toEqual({
      Action: 'Publish',
      Version: '2010-03-31',
      PhoneNumber: '+12065550100',
      Message: 'Code: 123456',
      'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
      'MessageAttributes.entry.2.Name': 'AWS.SNS.SMS.SenderID',
      'MessageAttributes.entry.2.Value.DataType': 'String',
      'MessageAttributes.entry.2.Value.StringValue': 'Quarry',
    })
    const caller = {
      kind: 'account',
      account: '000000000000',
      arn: 'arn:aws:iam::000000000000:root',
    } as const
    const signer = await verifySignature({
      request: call?.request as IncomingMessage,
      body: Buffer.from(call?.body ?? ''),
      region: 'eu-west-1',
      service: 'sns',
      credentials: () => ({ ...credentials, caller }),
      clock: systemClock,
    })
    expect(signer).toMatchObject({ accessKeyId: 'AKIASNS' })
  })

  it('fails when SNS refuses it', async () => {
    answer = (response) =>
      void response.writeHead(400).end('<ErrorResponse><Error><Code>OptedOut</Code></Error></ErrorResponse>')
    await expect(deliveryBy(configuration()).send(sms)).rejects.toEqual(failed(/SMS/))
    expect(JSON.stringify(logged)).toContain('HTTP 400 OptedOut')
  })
})

describe('a service that takes a message and never answers', () => {
  it.each(['EMAIL', 'SMS'] as const)('is not waited for: %s', async (channel) => {
    answer = () => {}
    const silent = createTcpServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const messages = deliveryBy({
      timeoutSeconds: 1,
      ...smtp({ port }),
      sms: { webhook: { url: `${origin}/sms` } },
    })
    await expect(messages.send(channel === 'SMS' ? sms : email)).rejects.toEqual(
      failed(/could not be delivered/),
    )
    expect(JSON.stringify(logged)).toMatch(/time-out|ETIMEDOUT/)
    silent.close()
  })
})

describe('a message whose sender must not learn of its end', () => {
  it('is not waited for, and its failure is in the log alone', async () => {
    let finish = (): void => {}
    answer = (response) => {
      finish = () => void response.writeHead(503).end()
    }
    const note = (...words: unknown[]): void => void logged.push(words)
    const started = startDelivery({
      region: 'us-east-1',
      configuration: { sms: { webhook: { url: `${origin}/sms` } } },
      environment: {},
      clock: systemClock,
      log: { info: note, error: note } as never,
      emailOf: () => Promise.resolve(undefined),
      inbox: { send: () => Promise.reject(new Error('not here')) },
    })
    await started.messages.send({ ...sms, isQuiet: true })
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    expect(logged).toEqual([])
    const closed = started.close()
    finish()
    await closed
    expect(JSON.stringify(logged)).toContain('HTTP 503')
  })
})

it('what the deployment has no way to send stays in the inbox', async () => {
  const messages = deliveryBy({ sms: { webhook: { url: `${origin}/sms` } } })
  await messages.send(email)
  expect(kept).toEqual([email])
  expect(asked).toEqual([])
})

it.each([
  [undefined, undefined],
  [{ EmailSendingAccount: 'COGNITO_DEFAULT', From: 'a@x.example' }, undefined],
  [
    { EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:us-east-1:1:identity/a@x.example' },
    'a@x.example',
  ],
  [{ EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:us-east-1:1:identity/x.example' }, undefined],
] as const)('the sender of a pool with %j is %j', (configuration, sender) => {
  expect(senderOf(configuration)).toBe(sender)
})
