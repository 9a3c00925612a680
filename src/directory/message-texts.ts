// The texts of messages to users: a pool's own templates, or the project's default ones, filled in.
import type { Message } from './messages-port.ts'
import type { User } from './records/user.ts'
import type { UserPool } from './records/user-pool.ts'

export type Channel = Message['channel']

const fill = (template: string, values: { readonly username: string; readonly code: string }): string =>
  template.replaceAll(/\{(username|####)\}/g, (_, name: string) =>
    name === 'username' ? values.username : values.code,
  )

const defaultTexts = {
  invitationSubject: 'Your temporary password',
  invitation: 'An account was made for you. User name: {username}. Temporary password: {####}',
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
  code: string,
  template: { readonly subject: string; readonly body: string },
): Message => ({
  poolId: userPool.poolId,
  to,
  channel,
  ...(channel === 'EMAIL' ? { subject: fill(template.subject, { username, code }) } : {}),
  body: fill(template.body, { username, code }),
  code,
})

/** What AdminCreateUser sends: the user name and the temporary password. */
export const invitation = (userPool: UserPool, receiver: Addressed, password: string): Message => {
  const template = userPool.settings.AdminCreateUserConfig?.InviteMessageTemplate
  const own = receiver.channel === 'EMAIL' ? template?.EmailMessage : template?.SMSMessage
  return message(userPool, receiver, password, {
    subject: template?.EmailSubject ?? defaultTexts.invitationSubject,
    body: own ?? defaultTexts.invitation,
  })
}

/** What SignUp and ResendConfirmationCode send. */
export const verification = (userPool: UserPool, receiver: Addressed, code: string): Message => {
  const template = userPool.settings.VerificationMessageTemplate
  const own = receiver.channel === 'EMAIL' ? template?.EmailMessage : template?.SmsMessage
  return message(userPool, receiver, code, {
    subject: template?.EmailSubject ?? defaultTexts.verificationSubject,
    body: own ?? defaultTexts.verification,
  })
}

/** What AdminResetUserPassword sends; the pool's verification texts serve here too, as Cognito's do. */
export const passwordReset = (userPool: UserPool, receiver: Addressed, code: string): Message => {
  const template = userPool.settings.VerificationMessageTemplate
  const own = receiver.channel === 'EMAIL' ? template?.EmailMessage : template?.SmsMessage
  return message(userPool, receiver, code, {
    subject: template?.EmailSubject ?? defaultTexts.resetSubject,
    body: own ?? defaultTexts.reset,
  })
}
