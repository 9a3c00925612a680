// A log of a user pool as the JSON that Amazon delivers (developer guide, "Exporting logs from Amazon Cognito user pools", example events).
import type { UserActivity, UserPoolLog } from '../directory/log-delivery-port.ts'

/** One line of a log: `text` is JSON without line breaks. */
export type LogLine = { readonly atMs: number; readonly text: string }

/** `Wed Jul 17 17:25:55 UTC 2024` */
const dateText = (atMs: number): string => {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(atMs)
    .toUTCString()
    .replace(',', '')
    .split(' ')
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}

/** Only that of no risk is documented; the others are called as AdminListUserAuthEvents calls them. */
const riskDecisions = { NoRisk: 'PASS', AccountTakeover: 'AccountTakeover', Block: 'Block' } as const

/** What is not known is empty, as in Amazon's example: no provider, no city and no country. */
const activityMessage = ({ poolId, user, event, requestId, hasContextData }: UserActivity) => ({
  version: '1',
  eventId: event.eventId,
  eventType: event.type,
  userSub: user.sub,
  userName: user.username,
  userPoolId: poolId,
  clientId: event.clientId,
  creationDate: dateText(event.createdAtMs),
  eventResponse: event.response,
  riskLevel: event.risk.level ?? '',
  riskDecision: riskDecisions[event.risk.decision],
  challenges: event.challenges.map(({ name, isRight }) => `${name}:${isRight ? 'Success' : 'Failure'}`),
  deviceName: event.deviceName ?? '',
  ipAddress: event.ipAddress ?? '',
  requestId,
  idpName: '',
  compromisedCredentialDetected: String(event.risk.hasCompromisedPassword ?? false),
  city: '',
  country: '',
  eventFeedbackValue: event.feedback?.value ?? '',
  eventFeedbackDate: event.feedback === undefined ? '' : dateText(event.feedback.atMs),
  eventFeedbackProvider: event.feedback?.provider ?? '',
  hasContextData: String(hasContextData),
})

export const logLine = (log: UserPoolLog, atMs: number): LogLine => ({
  atMs,
  text: JSON.stringify({
    eventTimestamp: String(atMs),
    ...(log.source === 'userNotification'
      ? { eventSource: 'USER_NOTIFICATION', logLevel: 'ERROR', message: { details: log.details } }
      : { eventSource: 'USER_ACTIVITY', logLevel: 'INFO', message: activityMessage(log) }),
    logSourceId: { userPoolId: log.poolId },
  }),
})
