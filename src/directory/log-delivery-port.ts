// The port to the places outside the deployment that a pool's logs are delivered to.
import type { LogDestination } from './log-destination.ts'
import type { AuthEvent } from './records/auth-event.ts'
import type { User } from './records/user.ts'

/** A message to a user that could not be delivered. `details` names neither addresses nor texts. */
export type NotificationFailure = {
  readonly source: 'userNotification'
  readonly poolId: string
  readonly details: string
}

/** An event of threat protection, as it is from now on: each further step or feedback is told again, under the same event ID. */
export type UserActivity = {
  readonly source: 'userAuthEvents'
  readonly poolId: string
  readonly user: Pick<User, 'sub' | 'username'>
  readonly event: AuthEvent
  readonly requestId: string
  /** Whether the client sent data about itself with the request. */
  readonly hasContextData: boolean
}

export type UserPoolLog = NotificationFailure | UserActivity

export type UserPoolLogs = {
  /** Whether this Region has an endpoint for destinations of the kind. */
  reaches(kind: LogDestination['kind']): boolean
  /** Returns at once and never throws: delivery is in the background, to where the pool's configuration in this Region says. */
  deliver(log: UserPoolLog): void
}
