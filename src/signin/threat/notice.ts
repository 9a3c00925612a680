// The e-mail that tells a user of a sign-in that looked risky, in the words of the pool's risk configuration.
import type { NotifyEmailType } from '@aws-sdk/client-cognito-identity-provider'
import { isCustomDomain } from '../../directory/endpoints.ts'
import { escapeHtml } from '../../directory/message-texts.ts'
import { messagesAbout } from '../../directory/messages-port.ts'
import type { AuthEvent } from '../../directory/records/auth-event.ts'
import { riskNotifiers } from '../../directory/records/pool-configuration.ts'
import type { User } from '../../directory/records/user.ts'
import { userPoolDomains } from '../../directory/records/user-pool.ts'
import { allClients } from '../../directory/risk-rules.ts'
import type { SignInRequest } from '../sign-in-request.ts'
import { feedbackToken } from './feedback.ts'
import { protectionOf, takeoverActionOf } from './protection.ts'

export const feedbackPath = '/authEventFeedback'

const domainsMax = 10

const subjects = {
  block: 'Blocked sign-in attempt',
  mfa: 'New sign-in attempt',
  noAction: 'New sign-in attempt',
} as const
const bodies = {
  block: 'We blocked an unrecognized sign-in to your account with this information:',
  mfa: 'We required you to use multi-factor authentication for an unrecognized sign-in to your account with this information:',
  noAction: 'We observed an unrecognized sign-in to your account with this information:',
} as const

/** What Amazon calls the placeholders of these messages (developer guide, "Adaptive authentication", notification messages). */
const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{([a-z-]+)\}/g, (whole, name: string) => values[name] ?? whole)

const linkOf = async (
  { context, pool }: SignInRequest,
  user: User,
  event: AuthEvent,
  value: 'valid' | 'invalid',
): Promise<string> => {
  const { items } = await context.pool.records.list(userPoolDomains, { limit: domainsMax })
  const domains = items.map((stored) => stored.value.domain)
  const type = pool.settings.IssuerConfiguration?.Type ?? 'ORIGINAL'
  const origin = context.endpoints.oauthOrigin(pool.poolId, type, domains.find(isCustomDomain) ?? domains[0])
  const about = { poolId: pool.poolId, user, eventId: event.eventId }
  const query = new URLSearchParams({
    user_pool_id: pool.poolId,
    user_name: user.username,
    event_id: event.eventId,
    feedback_token: await feedbackToken(about, context.pool.records),
    value,
  })
  return `${origin}${feedbackPath}?${query.toString()}`
}

/** Sends nothing unless the action for the event's level says so and the user has a verified address. */
export const sendNotice = async (request: SignInRequest, user: User, event: AuthEvent): Promise<void> => {
  const { client, context, pool } = request
  const { records } = context.pool
  const { level } = event.risk
  if (level === undefined) return
  const configuration = await protectionOf(records, client.clientId)
  const action = takeoverActionOf(configuration, level)
  const to = user.attributes.email
  if (action?.Notify !== true || to === undefined || user.attributes.email_verified !== 'true') return
  const notify = configuration?.accountTakeover?.NotifyConfiguration
  const kind =
    event.risk.decision === 'Block' ? 'block' : action.EventAction === 'NO_ACTION' ? 'noAction' : 'mfa'
  const template: NotifyEmailType | undefined = {
    block: notify?.BlockEmail,
    mfa: notify?.MfaEmail,
    noAction: notify?.NoActionEmail,
  }[kind]
  const [valid, invalid] = [
    await linkOf(request, user, event, 'valid'),
    await linkOf(request, user, event, 'invalid'),
  ]
  const values = {
    username: user.username,
    'ip-address': event.ipAddress ?? '',
    city: '',
    country: '',
    'login-time': new Date(event.createdAtMs).toUTCString(),
    'device-name': event.deviceName ?? '',
    'event-id': event.eventId,
    'feedback-token': new URL(valid).searchParams.get('feedback_token') ?? '',
    'one-click-link-valid': valid,
    'one-click-link-invalid': invalid,
  }
  const plain = `${bodies[kind]}\nTime: {login-time}\nDevice: {device-name}\nIP address: {ip-address}\nIf this was you, follow {one-click-link-valid}\nIf it was not, follow {one-click-link-invalid} and change your password.`
  const isHtml = template?.HtmlBody !== undefined
  const escaped = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, escapeHtml(text)]))
  const from = (await records.get(riskNotifiers, allClients))?.value.from ?? notify?.From
  const messages = messagesAbout(context.messages, {
    clientId: client.clientId,
    clientMetadata: undefined,
    occasion: 'AccountTakeOverNotification',
    user,
  })
  await messages.send({
    poolId: pool.poolId,
    to,
    channel: 'EMAIL',
    ...(from === undefined ? {} : { from }),
    subject: filled(template?.Subject ?? subjects[kind], values),
    body: isHtml ? filled(template?.HtmlBody ?? '', escaped) : filled(template?.TextBody ?? plain, values),
    isHtml,
    // The sign-in's answer waits for no mail server, and fails by none.
    isQuiet: true,
  })
}
