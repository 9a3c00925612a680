// The parts of a policy statement that key policies and identity policies share (IAM User Guide, "IAM JSON policy element reference").
import { z } from 'zod'
import { type ConditionContext, conditionHolds, isKnownOperator, matchesWildcard } from './conditions.ts'

export const oneOrMore = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))

const conditionValue = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String))

export const condition = z.record(
  z.string().refine(isKnownOperator, 'is no known condition operator'),
  z.record(z.string(), conditionValue),
)

export type Conditions = z.infer<typeof condition>

/** Actions and resources ignore case, and take wildcards. */
export const covers = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), text.toLowerCase()))

/** Every line of every operator must hold. */
export const conditionsHold = (conditions: Conditions, context: ConditionContext): boolean =>
  Object.entries(conditions).every(([operator, lines]) =>
    Object.entries(lines).every(([key, wanted]) => conditionHolds(operator, key, wanted, context)),
  )
