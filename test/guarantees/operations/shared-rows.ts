// Errors that are the same for all operations and are provoked for all of them at once, and where.
import { categories } from '../../../src/directory/rate-limits.ts'

const withRate = new Set(Object.values(categories).flatMap(({ operations }) => operations))

const here = 'test/guarantees/operations-errors.test.ts'
const failures = 'test/guarantees/operations-failures.test.ts'

/** Whether the operation has a rate that UpdateProvisionedLimit can set. */
export const hasRate = (operation: string): boolean => withRate.has(operation)

/** The test that provokes the error for every operation that lists it. */
export const sharedTestOf = (operation: string, error: string): string | undefined => {
  switch (error) {
    case 'InternalErrorException':
    case 'InternalServerException':
    case 'ConcurrentModificationException':
      return failures
    case 'TooManyRequestsException':
      return hasRate(operation) ? here : failures
    case 'OperationNotEnabledException':
    case 'AccessDeniedException':
      return here
    default:
      return undefined
  }
}
