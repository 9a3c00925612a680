// The errors that the API models list and that no request to Twinpool gets, each with its reason: what the walk over the operations in
// test/guarantees/operations-errors.test.ts leaves out, and what docs/reference/operations.md says of them.
import { neverComingKeyErrors } from './key-errors-that-never-come.ts'
import type { NeverComing } from './never-coming.ts'
import { neverComingUserPoolErrors } from './user-pool-errors-that-never-come.ts'

const facts: Readonly<Record<string, readonly NeverComing[]>> = {
  'cognito-idp': neverComingUserPoolErrors,
  kms: neverComingKeyErrors,
}

/** Why the operation never ends in the error; undefined for one that it can end in. */
export const whyItNeverComes = (service: string, operation: string, error: string): string | undefined =>
  facts[service]?.find(
    (fact) => fact.error === error && (fact.operations === undefined || fact.operations.includes(operation)),
  )?.because
