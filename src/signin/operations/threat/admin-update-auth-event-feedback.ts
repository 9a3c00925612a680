// AdminUpdateAuthEventFeedback: an administrator says whether an event was the user's doing.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { requireThreatProtection } from '../../../directory/risk-rules.ts'
import { logActivity } from '../../threat/activity-log.ts'
import { giveFeedback } from '../../threat/feedback.ts'

export const adminUpdateAuthEventFeedback = operation({
  name: 'AdminUpdateAuthEventFeedback',
  runs: 'active',
  handle: async (input, context) => {
    const { pool } = context
    const { value: userPool } = await readPool(pool)
    requireThreatProtection(userPool)
    const { value: user } = await requireUser(pool.records, userPool, input.Username ?? '')
    const event = await giveFeedback(
      { user, eventId: input.EventId ?? '' },
      { value: input.FeedbackValue ?? 'Valid', provider: 'Admin' },
      pool.records,
      context,
    )
    logActivity(context, user, event)
    return {}
  },
})
