// E-mail over SMTP, with a few connections kept open to one mail server.
import type { Transporter } from 'nodemailer'
import type { Clock } from '../../telemetry/clock.ts'
import { DeliveryFailure, type OutgoingMessage, type Transport } from './transport.ts'

export type SmtpConfiguration = {
  readonly host: string
  readonly port: number
  /** `tls` from the first byte; `starttls`, without which nothing is sent; or `none`, for a server on a network of one's own. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** PEM of authorities to trust in place of the public ones. */
  readonly authority?: string | undefined
}

const connectionsMax = 4
const waitingMax = 200

/** nodemailer's codes are short words about the step that failed (EAUTH, EENVELOPE, ETIMEDOUT …). */
const reasonOf = (error: unknown): string => {
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown }
  return (
    [code, responseCode].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ') ||
    'unknown'
  )
}

export const createSmtp = (
  smtp: SmtpConfiguration,
  sender: {
    readonly from: string
    /** What a caller waits at most. */
    readonly timeLimitMs: number
    readonly clock: Clock
  },
): Transport => {
  let waiting = 0
  let made: Promise<Transporter> | undefined
  // Loaded with the first message: most development deployments send none.
  const makeTransporter = async (): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer')
    const { host, port, security, user, password, authority } = smtp
    return createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      ...(authority === undefined ? {} : { tls: { ca: authority } }),
      pool: true,
      maxConnections: connectionsMax,
      // Each step's; whoever waits is told after the whole time.
      connectionTimeout: sender.timeLimitMs,
      dnsTimeout: sender.timeLimitMs,
      greetingTimeout: sender.timeLimitMs,
      socketTimeout: sender.timeLimitMs,
      // A template names no files and no URLs to be read here.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }
  const transporter = (): Promise<Transporter> => {
    made ??= makeTransporter()
    return made
  }

  const deliver = async ({ to, subject, body, isHtml, from, replyTo }: OutgoingMessage): Promise<void> => {
    const mail = {
      from: from ?? sender.from,
      // As an object the address is taken as it is, and never as a list.
      to: { name: '', address: to },
      subject,
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(isHtml ? { html: body } : { text: body }),
      date: new Date(sender.clock.now()),
      // RFC 3834, section 5: nobody's auto-responder answers it.
      headers: { 'Auto-Submitted': 'auto-generated' },
    }
    try {
      await (await transporter()).sendMail(mail)
    } catch (error) {
      throw new DeliveryFailure(reasonOf(error), { cause: error })
    }
  }

  return {
    send: async (message) => {
      if (waiting >= waitingMax) throw new DeliveryFailure('too many messages wait')
      waiting += 1
      const delivered = deliver(message).finally(() => {
        waiting -= 1
      })
      let timer: NodeJS.Timeout | undefined
      const tooLate = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new DeliveryFailure('time-out')), sender.timeLimitMs)
      })
      try {
        await Promise.race([delivered, tooLate])
      } finally {
        clearTimeout(timer)
        // Whoever gave up no longer hears how it ended.
        delivered.catch(() => undefined)
      }
    },
    close: () => {
      made?.then((transport) => transport.close()).catch(() => undefined)
    },
  }
}
