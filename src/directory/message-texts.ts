// The texts of messages to users: a pool's own templates, or the project's default ones, filled in.
import type { Message } from './messages-port.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

export type Channel = Message['channel']

export type MessageValues = {
  readonly username: string
  readonly code: string
  /** Where the code is given back by following it; `{##text##}` becomes a link there. */
  readonly link?: string | undefined
}

const tag = /<\/?[a-z][^<>]*>/i
const placeholder = /\{(?:(username|####)|##([^{}]+)##)\}/g
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Text as HTML shows it. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => references[character] ?? '')

/** Whether a template has the place of a link (API reference, VerificationMessageTemplateType, "EmailMessageByLink"). */
export const hasLinkPlace = (template: string): boolean =>
  [...template.matchAll(placeholder)].some(([, , text]) => text !== undefined)

const fill = (
  template: string,
  { username, code, link }: MessageValues,
  put: (text: string) => string,
): string =>
  template.replaceAll(placeholder, (whole: string, name: string | undefined, text: string | undefined) => {
    if (name !== undefined) return put(name === 'username' ? username : code)
    return link === undefined ? whole : `<a href="${escapeHtml(link)}">${text}</a>`
  })

/**
 * A template with its values. An e-mail's with tags, or with a link, is HTML: values are escaped there, because a user name is whatever its
 * owner made it, and a temporary password has any symbol.
 */
export const filledBody = (
  template: string,
  channel: Channel,
  values: MessageValues,
): Pick<Message, 'body' | 'isHtml'> => {
  const isHtml =
    channel === 'EMAIL' && (tag.test(template) || (values.link !== undefined && hasLinkPlace(template)))
  return isHtml
    ? { body: fill(template, values, escapeHtml), isHtml }
    : { body: fill(template, values, (text) => text) }
}

export const filledSubject = (template: string, values: MessageValues): string =>
  fill(template, values, (text) => text)

const defaultTexts = {
  invitationSubject: 'Your temporary password',
  invitation: 'An account was made for you. User name: {username}. Temporary password: {####}',
  verificationByLinkSubject: 'Confirm your account',
  verificationByLink: 'To confirm your account, follow this link: {##Confirm my account##}',
  verificationSubject: 'Your verification code',
  verification: 'To go on, enter this verification code: {####}',
  resetSubject: 'Your password reset code',
  reset: 'To choose a new password, enter this code: {####}',
} as const

/** Who a message is to; `username` is the name that it may show. */
export type Addressed = { readonly channel: Channel; readonly to: string; readonly username: string }

/** Where the user name is the sub, it means nothing to the user: they know the address that they sign in with. */
export const addressed = (
  { settings }: Pick<UserPool, 'settings'>,
  user: Pick<User, 'username'>,
  { channel, to }: { readonly channel: Channel; readonly to: string },
): Addressed => ({ channel, to, username: settings.UsernameAttributes?.length ? to : user.username })

const message = (
  userPool: UserPool,
  { channel, to, username }: Addressed,
  { code, link }: Omit<MessageValues, 'username'>,
  template: { readonly subject: string; readonly body: string },
): Message => {
  const values = { username, code, link }
  return {
    poolId: userPool.poolId,
    to,
    channel,
    ...(channel === 'EMAIL' ? { subject: filledSubject(template.subject, values) } : {}),
    ...filledBody(template.body, channel, values),
    code,
    ...(link === undefined ? {} : { link }),
  }
}

/** What AdminCreateUser sends: the user name and the temporary password. */
export const invitation = (userPool: UserPool, receiver: Addressed, password: string): Message => {
  const template = userPool.settings.AdminCreateUserConfig?.InviteMessageTemplate
  const own = receiver.channel === 'EMAIL' ? template?.EmailMessage : template?.SMSMessage
  return message(
    userPool,
    receiver,
    { code: password },
    {
      subject: template?.EmailSubject ?? defaultTexts.invitationSubject,
      body: own ?? defaultTexts.invitation,
    },
  )
}

/** What SignUp and ResendConfirmationCode send by e-mail where the pool's DefaultEmailOption is CONFIRM_WITH_LINK. */
export const verificationByLink = (
  userPool: UserPool,
  receiver: Addressed,
  code: string,
  link: string,
): Message => {
  const template = userPool.settings.VerificationMessageTemplate
  return message(
    userPool,
    receiver,
    { code, link },
    {
      subject: template?.EmailSubjectByLink ?? defaultTexts.verificationByLinkSubject,
      body: template?.EmailMessageByLink ?? defaultTexts.verificationByLink,
    },
  )
}

/** What SignUp and ResendConfirmationCode send. */
export const verification = (userPool: UserPool, receiver: Addressed, code: string): Message => {
  const template = userPool.settings.VerificationMessageTemplate
  const own = receiver.channel === 'EMAIL' ? template?.EmailMessage : template?.SmsMessage
  return message(
    userPool,
    receiver,
    { code },
    {
      subject: template?.EmailSubject ?? defaultTexts.verificationSubject,
      body: own ?? defaultTexts.verification,
    },
  )
}

/** What AdminResetUserPassword sends; the pool's verification texts serve here too, as Cognito's do. */
export const passwordReset = (userPool: UserPool, receiver: Addressed, code: string): Message => {
  const template = userPool.settings.VerificationMessageTemplate
  const own = receiver.channel === 'EMAIL' ? template?.EmailMessage : template?.SmsMessage
  return message(
    userPool,
    receiver,
    { code },
    {
      subject: template?.EmailSubject ?? defaultTexts.resetSubject,
      body: own ?? defaultTexts.reset,
    },
  )
}
