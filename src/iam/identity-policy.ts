// Identity policies: what the user of an access key may do (IAM User Guide, "Policy evaluation logic"): an explicit deny wins, then an allow.
import { z } from 'zod'
import type { IdentityDecision } from '../wire/service.ts'
import {
  asList,
  type Conditions,
  condition,
  conditionsHold,
  coversAction,
  coversResource,
  incomparableValue,
  oneOrMore,
} from './statement.ts'
import { variablesOf } from './variables.ts'

const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: oneOrMore.optional(),
    NotResource: oneOrMore.optional(),
    Condition: condition
      .refine((conditions) => incomparableValue(conditions) === undefined, {
        error: ({ input }) => `has a value of the wrong kind: ${incomparableValue(input as Conditions)}`,
      })
      .optional(),
  })
  .refine((value) => (value.Action === undefined) !== (value.NotAction === undefined), 'needs an Action')
  .refine((value) => (value.Resource === undefined) !== (value.NotResource === undefined), 'needs a Resource')

/** A policy document as IAM takes it; a managed policy in size. */
export const identityPolicy = z.strictObject({
  Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
  Id: z.string().optional(),
  Statement: z.preprocess(asList, z.array(statement).min(1).max(500)),
})

export type IdentityPolicy = z.infer<typeof identityPolicy>

/** Without policies nothing is allowed. */
export const decideBy =
  (policies: readonly IdentityPolicy[]): IdentityDecision =>
  ({ action, resource, context }) => {
    const applying = policies.flatMap((policy) => {
      const variables = variablesOf(policy, context)
      return policy.Statement.filter(({ Action, NotAction, Resource, NotResource, Condition = {} }) => {
        if (Action !== undefined && !coversAction(Action, action)) return false
        if (NotAction !== undefined && coversAction(NotAction, action)) return false
        if (Resource !== undefined && !coversResource(Resource, resource, variables)) return false
        if (NotResource !== undefined && coversResource(NotResource, resource, variables)) return false
        return conditionsHold(Condition, context, variables)
      })
    })
    if (applying.some(({ Effect }) => Effect === 'Deny')) return 'Deny'
    return applying.length > 0 ? 'Allow' : undefined
  }
