// The page behind the links of a notice: says for the user whether an event was their doing.
import { Hono } from 'hono'
import { passGate } from '../directory/gate.ts'
import type { Runtime } from '../directory/runtime.ts'
import { updateAuthEventFeedback } from '../signin/operations/threat/update-auth-event-feedback.ts'
import { feedbackPath } from '../signin/threat/notice.ts'
import { isFault } from '../wire/fault.ts'
import { headers, pageOf } from './page.ts'

/** Longest values in the API model: UserPoolIdType, UsernameType, EventIdType; a token of ours. */
const parameters = { user_pool_id: 55, user_name: 128, event_id: 50, feedback_token: 200, value: 7 } as const

const thanks = pageOf('Thank you', 'Your answer is kept. You can close this page.')
const disowned = pageOf(
  'Thank you',
  'Your answer is kept: this sign-in was not yours. Change your password now, in the app that you use.',
)
const refused = pageOf('This link is not good any more', 'It may be too old, or not complete.')
const elsewhere = pageOf('This can’t be done right now', 'Please follow the link again later.')

export const createAuthEventFeedbackApp = (runtime: Runtime): Hono => {
  const app = new Hono()
  app.get(feedbackPath, async (context) => {
    // Mail scanners that only look at a link don't follow it.
    if (context.req.method === 'HEAD') return context.body(null, 200, headers)
    const query = new URL(context.req.url).searchParams
    const isComplete = Object.entries(parameters).every(([name, charactersMax]) => {
      const value = query.get(name) ?? ''
      return value !== '' && value.length <= charactersMax
    })
    const value = query.get('value')
    if (!isComplete || (value !== 'valid' && value !== 'invalid')) return context.html(refused, 400, headers)
    try {
      await passGate(
        updateAuthEventFeedback,
        {
          operation: updateAuthEventFeedback.name,
          input: {
            UserPoolId: query.get('user_pool_id'),
            Username: query.get('user_name'),
            EventId: query.get('event_id'),
            FeedbackToken: query.get('feedback_token'),
            FeedbackValue: value === 'valid' ? 'Valid' : 'Invalid',
          },
          caller: undefined,
          requestId: '',
          sourceIp: '',
        },
        runtime,
      )
      return context.html(value === 'valid' ? thanks : disowned, 200, headers)
    } catch (error) {
      // Which of pool, user, event and token is wrong is not for whoever tries links.
      if (isFault(error) && error.code !== 'OperationNotEnabledException' && error.status < 500)
        return context.html(refused, 400, headers)
      if (!isFault(error)) runtime.log.error({ err: error }, 'feedback by a link could not be kept')
      return context.html(elsewhere, 503, headers)
    }
  })
  return app
}
