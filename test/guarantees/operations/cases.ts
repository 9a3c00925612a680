// The rows that no rule over the model gives: by operation and error, a request that provokes it, or the test that does.
import { deliveryCases } from './delivery-cases.ts'
import { poolCases } from './pool-cases.ts'
import type { WalkedName } from './requests.ts'
import type { Row } from './rows.ts'
import { signInCases } from './sign-in-cases.ts'
import { tokenCases } from './token-cases.ts'
import { triggerCases } from './trigger-cases.ts'
import { userCases } from './user-cases.ts'

type AnyRows = { readonly [Name in WalkedName]?: Readonly<Record<string, Row<never>>> }

const parts = [
  poolCases,
  userCases,
  signInCases,
  tokenCases,
  triggerCases,
  deliveryCases,
] as unknown as readonly AnyRows[]

/** The row for an operation and an error; undefined when only a rule speaks of it. */
export const caseOf = (operation: WalkedName, error: string): Row<never> | undefined =>
  parts.map((rows) => rows[operation]?.[error]).find((row) => row !== undefined)
