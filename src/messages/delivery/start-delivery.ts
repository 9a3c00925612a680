// A Region's delivery of messages put together from its configuration, and from secrets that the environment may hold in its place.
import { readFileSync } from 'node:fs'
import type { Messages } from '../../directory/messages-port.ts'
import type { Clock } from '../../telemetry/clock.ts'
import { createDelivery, type DeliveryOptions } from './create-delivery.ts'
import { createSmsWebhook, type SmsWebhookConfiguration } from './sms-webhook.ts'
import { createSmtp, type SmtpConfiguration } from './smtp.ts'
import { createSns, type SnsConfiguration } from './sns.ts'
import type { Transport } from './transport.ts'

/** Shorter than the AWS SDKs' own patience. */
const defaultTimeoutSeconds = 10

const timeLimitOf = ({ timeoutSeconds = defaultTimeoutSeconds }: DeliveryConfiguration): number =>
  timeoutSeconds * 1_000

export type DeliveryConfiguration = {
  /** How long a caller waits for a message to be taken. */
  readonly timeoutSeconds?: number | undefined
  readonly email?:
    | {
        readonly smtp: Omit<SmtpConfiguration, 'authority'> & { readonly authorityFile?: string | undefined }
        /** Sender of pools without one of their own. */
        readonly from: string
      }
    | undefined
  readonly sms?:
    | { readonly webhook: SmsWebhookConfiguration }
    | { readonly sns: SnsConfiguration }
    | undefined
}

/** Variables of the environment that take the place of a secret that the configuration leaves out. */
export const secretVariables = {
  smtpPassword: 'TWINPOOL_SMTP_PASSWORD',
  smsWebhookToken: 'TWINPOOL_SMS_WEBHOOK_TOKEN',
} as const

export type StartDeliveryOptions = Pick<DeliveryOptions, 'inbox' | 'log' | 'logs' | 'emailOf'> & {
  readonly region: string
  readonly configuration: DeliveryConfiguration
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

const emailTransport = ({
  configuration,
  environment,
  clock,
}: StartDeliveryOptions): Transport | undefined => {
  if (configuration.email === undefined) return undefined
  const { smtp, from } = configuration.email
  const { authorityFile, ...server } = smtp
  const password = server.password ?? environment[secretVariables.smtpPassword]
  const authority = authorityFile === undefined ? undefined : readFileSync(authorityFile, 'utf8')
  return createSmtp(
    { ...server, password, authority },
    { from, timeLimitMs: timeLimitOf(configuration), clock },
  )
}

const smsTransport = ({
  configuration,
  environment,
  region,
  clock,
}: StartDeliveryOptions): Transport | undefined => {
  const { sms } = configuration
  if (sms === undefined) return undefined
  const timeLimitMs = timeLimitOf(configuration)
  if ('sns' in sms) return createSns(sms.sns, { region, timeLimitMs, clock })
  const token = sms.webhook.token ?? environment[secretVariables.smsWebhookToken]
  return createSmsWebhook({ ...sms.webhook, token }, { region, timeLimitMs })
}

/** Throws the system's error for an authority file that can't be read. */
export const startDelivery = (
  options: StartDeliveryOptions,
): { readonly messages: Messages; close(): Promise<void> } => {
  const email = emailTransport(options)
  const sms = smsTransport(options)
  const transports = {
    ...(email === undefined ? {} : { EMAIL: email }),
    ...(sms === undefined ? {} : { SMS: sms }),
  }
  const { messages, settled } = createDelivery({ ...options, transports })
  return {
    messages,
    close: async () => {
      await settled()
      email?.close()
      sms?.close()
    },
  }
}
