// The operations on the events of threat protection.
import type { AnyOperation } from '../../../directory/operation.ts'
import { adminListUserAuthEvents } from './admin-list-user-auth-events.ts'
import { adminUpdateAuthEventFeedback } from './admin-update-auth-event-feedback.ts'
import { updateAuthEventFeedback } from './update-auth-event-feedback.ts'

export const threatOperations: readonly AnyOperation[] = [
  adminListUserAuthEvents,
  adminUpdateAuthEventFeedback,
  updateAuthEventFeedback,
]
