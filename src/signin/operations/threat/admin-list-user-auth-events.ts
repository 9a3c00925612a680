// AdminListUserAuthEvents: what a user did and how risky it looked, newest first, as this Region knows it.
import { requireUser } from '../../../directory/find-user.ts'
import { operation } from '../../../directory/operation.ts'
import { readPool } from '../../../directory/read-pool.ts'
import { requireThreatProtection } from '../../../directory/risk-rules.ts'
import { Fault } from '../../../wire/fault.ts'
import { eventsOf } from '../../threat/auth-events.ts'
import { shownEvent } from '../../threat/shown-event.ts'

const resultsMax = 60

export const adminListUserAuthEvents = operation({
  name: 'AdminListUserAuthEvents',
  runs: 'inactive',
  handle: async (input, { pool, clock }) => {
    const { value: userPool } = await readPool(pool)
    requireThreatProtection(userPool)
    const { value: user } = await requireUser(pool.records, userPool, input.Username ?? '')
    const events = await eventsOf(pool.records, user, clock.now())
    // The token is the last event shown: new ones come before it.
    const at =
      input.NextToken === undefined ? -1 : events.findIndex(({ eventId }) => eventId === input.NextToken)
    if (input.NextToken !== undefined && at === -1)
      throw new Fault('InvalidParameterException', 'Invalid pagination token.')
    // 0 is what the model's least value is, and stands for the most.
    const limit = input.MaxResults === undefined || input.MaxResults === 0 ? resultsMax : input.MaxResults
    const shown = events.slice(at + 1, at + 1 + limit)
    const last = shown.at(-1)
    return {
      AuthEvents: shown.map(shownEvent),
      ...(last === undefined || at + 1 + limit >= events.length ? {} : { NextToken: last.eventId }),
    }
  },
})
