// What users and administrators say of an event afterwards, and the token by which a notice lets its reader say it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FeedbackValueType } from '@aws-sdk/client-cognito-identity-provider'
import type { AuthEvent } from '../../directory/records/auth-event.ts'
import type { User } from '../../directory/records/user.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import type { Records, WritableRecords } from '../../vault/records.ts'
import { Fault } from '../../wire/fault.ts'
import { poolSecrets } from '../pool-secrets.ts'
import { changeEvents } from './auth-events.ts'

type About = {
  readonly poolId: string
  readonly user: Pick<User, 'usernameKey' | 'sub'>
  readonly eventId: string
}

/** base64url of an HMAC under a key of the pool: good for one event of one user, in any Region that has the event. */
export const feedbackToken = async (
  { poolId, user, eventId }: About,
  records: Pick<Records, 'get'>,
): Promise<string> => {
  const { feedback } = await poolSecrets(poolId, records)
  return createHmac('sha256', feedback)
    .update(JSON.stringify([user.sub, eventId]))
    .digest('base64url')
}

/** Throws NotAuthorizedException for a token that is not that event's. */
export const requireFeedbackToken = async (
  token: string,
  about: About,
  records: Pick<Records, 'get'>,
): Promise<void> => {
  const expected = Buffer.from(await feedbackToken(about, records))
  const given = Buffer.from(token)
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new Fault('NotAuthorizedException', 'Invalid feedback token.')
}

/** The event with its feedback. Throws ResourceNotFoundException when the user has no such event in this Region. */
export const giveFeedback = async (
  { user, eventId }: Omit<About, 'poolId'>,
  given: { readonly value: FeedbackValueType; readonly provider: 'Admin' | 'User' },
  records: WritableRecords<'regional'>,
  runtime: { readonly clock: Clock; readonly random: Random },
): Promise<AuthEvent> => {
  let changed: AuthEvent | undefined
  await changeEvents(
    records,
    user,
    (events) => {
      const known = events.find((event) => event.eventId === eventId)
      if (known === undefined) return events
      const withFeedback = { ...known, feedback: { ...given, atMs: runtime.clock.now() } }
      changed = withFeedback
      return events.map((event) => (event === known ? withFeedback : event))
    },
    runtime,
  )
  if (changed === undefined)
    throw new Fault('ResourceNotFoundException', `There is no event ${eventId} of this user.`)
  return changed
}
