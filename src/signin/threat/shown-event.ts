// An event of a user as AdminListUserAuthEvents shows it.
import type { AuthEventType } from '@aws-sdk/client-cognito-identity-provider'
import type { AuthEvent } from '../../directory/records/auth-event.ts'

export const shownEvent = (event: AuthEvent): AuthEventType => {
  const { risk, feedback } = event
  return {
    EventId: event.eventId,
    EventType: event.type,
    CreationDate: new Date(event.createdAtMs),
    EventResponse: event.response,
    EventRisk: {
      RiskDecision: risk.decision,
      ...(risk.level === undefined ? {} : { RiskLevel: risk.level }),
      ...(risk.hasCompromisedPassword === undefined
        ? {}
        : { CompromisedCredentialsDetected: risk.hasCompromisedPassword }),
    },
    ChallengeResponses: event.challenges.map(({ name, isRight }) => ({
      ChallengeName: name,
      ChallengeResponse: isRight ? 'Success' : 'Failure',
    })),
    EventContextData: {
      ...(event.ipAddress === undefined ? {} : { IpAddress: event.ipAddress }),
      ...(event.deviceName === undefined ? {} : { DeviceName: event.deviceName }),
    },
    ...(feedback === undefined
      ? {}
      : {
          EventFeedback: {
            FeedbackValue: feedback.value,
            Provider: feedback.provider,
            FeedbackDate: new Date(feedback.atMs),
          },
        }),
  }
}
