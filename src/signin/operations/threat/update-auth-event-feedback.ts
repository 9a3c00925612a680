// UpdateAuthEventFeedback: a user says by the token of a notice whether an event was their doing.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { requireThreatProtection } from '../../../directory/risk-rules.ts'
import { logActivity } from '../../threat/activity-log.ts'
import { giveFeedback, requireFeedbackToken } from '../../threat/feedback.ts'

export const updateAuthEventFeedback = operation({
  name: 'UpdateAuthEventFeedback',
  runs: 'active',
  handle: async (input, context) => {
    const { pool } = context
    const { value: userPool } = await readPool(pool)
    requireThreatProtection(userPool)
    const { value: user } = await requireUser(pool.records, userPool, input.Username ?? '')
    const eventId = input.EventId ?? ''
    await requireFeedbackToken(
      input.FeedbackToken ?? '',
      { poolId: pool.poolId, user, eventId },
      pool.records,
    )
    const event = await giveFeedback(
      { user, eventId },
      { value: input.FeedbackValue ?? 'Valid', provider: 'User' },
      pool.records,
      context,
    )
    logActivity(context, user, event)
    return {}
  },
})
