// The flags of `start` that say how messages to users leave the deployment.
import { z } from 'zod'
import { messageDelivery, type RegionConfiguration } from '../region/configuration.ts'

export const messageFlags = {
  smtp: {
    type: 'string',
    description:
      'Send e-mail through this server: smtp://USER@HOST:587 (STARTTLS), smtps://USER@HOST, ?tls=off; the password from TWINPOOL_SMTP_PASSWORD',
    valueHint: 'URL',
  },
  'mail-from': {
    type: 'string',
    description: 'Sender of e-mail from pools without one of their own',
    valueHint: 'address',
  },
  'sms-webhook': {
    type: 'string',
    description: 'Post SMS to this URL as JSON; bearer token from TWINPOOL_SMS_WEBHOOK_TOKEN',
    valueHint: 'URL',
  },
  sns: {
    type: 'string',
    description: 'Send SMS through SNS at this URL (aws: Amazon SNS itself)',
    valueHint: 'URL',
  },
  'sns-access-key': {
    type: 'string',
    description: 'Sign calls to it (default: what the AWS SDK finds)',
    valueHint: 'ID:SECRET',
  },
} as const

const smtpPorts = { 'smtp:': 587, 'smtps:': 465 } as const

const isSmtp = (protocol: string): protocol is keyof typeof smtpPorts => Object.hasOwn(smtpPorts, protocol)

/** `smtp://user:password@host:port?tls=off`; the parts that a URL encodes are decoded. */
const smtpServer = z.string().transform((text, context) => {
  const url = URL.parse(text)
  const tls = url?.searchParams.get('tls')
  const isTls = tls === null || tls === undefined || tls === 'off'
  if (url === null || !isSmtp(url.protocol) || url.hostname === '' || !isTls) {
    context.addIssue({
      code: 'custom',
      message: 'give it as smtp://USER@HOST:PORT or smtps://USER@HOST:PORT',
    })
    return z.NEVER
  }
  const encrypted = url.protocol === 'smtps:' ? 'tls' : 'starttls'
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? smtpPorts[url.protocol] : Number(url.port),
    security: tls === 'off' ? ('none' as const) : (encrypted as 'tls' | 'starttls'),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  }
})

const httpUrl = z.url({ protocol: /^https?$/, error: 'give it as an http or https URL' })

export const messageOptions = {
  smtp: smtpServer.optional(),
  mailFrom: z.string().includes('@', 'give an address').optional(),
  smsWebhook: httpUrl.optional(),
  sns: z.union([z.literal('aws'), httpUrl], 'give it as a URL, or aws').optional(),
}

type MessageOptions = z.infer<z.ZodObject<typeof messageOptions>> & {
  readonly snsAccessKey?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

/** What is wrong with the flags together, as [flag, line]; undefined when nothing is. */
export const messageFlaw = (given: MessageOptions): readonly [string, string] | undefined => {
  if ((given.smtp === undefined) !== (given.mailFrom === undefined))
    return given.smtp === undefined
      ? ['mailFrom', 'it needs --smtp']
      : ['smtp', 'it needs --mail-from, the sender']
  if (given.smsWebhook !== undefined && given.sns !== undefined)
    return ['sns', 'SMS go by --sms-webhook or by --sns, not by both']
  if (given.snsAccessKey !== undefined && given.sns === undefined) return ['snsAccessKey', 'it needs --sns']
  return undefined
}

/** The `messages` of a Region's configuration. */
export const messagesOf = (given: MessageOptions): RegionConfiguration['messages'] => {
  const { smtp, mailFrom, smsWebhook, sns, snsAccessKey } = given
  if (smtp === undefined && smsWebhook === undefined && sns === undefined) return undefined
  return messageDelivery.parse({
    ...(smtp === undefined ? {} : { email: { smtp, from: mailFrom } }),
    ...(smsWebhook === undefined ? {} : { sms: { webhook: { url: smsWebhook } } }),
    ...(sns === undefined
      ? {}
      : {
          sms: {
            sns: { endpoint: sns, ...(snsAccessKey === undefined ? {} : { credentials: snsAccessKey }) },
          },
        }),
  })
}
