// The parts of a policy statement that key policies and identity policies share (IAM User Guide, "IAM JSON policy element reference").
import { z } from 'zod'
import type { ConditionContext } from './condition-context.ts'
import { conditionHolds, isComparable, isKnownOperator } from './conditions.ts'
import { filledIn } from './variables.ts'
import { matchesWildcard } from './wildcards.ts'

export const oneOrMore = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))

/** One statement is as good as a list of it. Not a union, whose refusal would not say what is wrong with either. */
export const asList = (value: unknown): unknown => (Array.isArray(value) ? value : [value])

const conditionValue = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String))

export const condition = z.record(
  z.string().refine(isKnownOperator, 'is no known condition operator'),
  z.record(z.string(), conditionValue),
)

export type Conditions = z.infer<typeof condition>

/** The first value of conditions with which its operator can't compare, as `operator: value`. */
export const incomparableValue = (conditions: Conditions): string | undefined =>
  Object.entries(conditions).flatMap(([operator, lines]) =>
    Object.values(lines)
      .flat()
      .filter((value) => !isComparable(operator, value))
      .map((value) => `${operator}: ${value}`),
  )[0]

/** Actions ignore case. */
export const coversAction = (patterns: readonly string[], action: string): boolean =>
  patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase()))

/** ARNs are told apart by case too. */
export const coversResource = (
  patterns: readonly string[],
  arn: string,
  variables: ConditionContext | undefined,
): boolean =>
  patterns.some((pattern) => {
    const filled = variables === undefined ? pattern : filledIn(pattern, variables)
    return filled !== undefined && matchesWildcard(filled, arn)
  })

/** Every line of every operator must hold. */
export const conditionsHold = (
  conditions: Conditions,
  context: ConditionContext,
  variables: ConditionContext | undefined,
): boolean =>
  Object.entries(conditions).every(([operator, lines]) =>
    Object.entries(lines).every(([key, wanted]) => conditionHolds(operator, key, wanted, context, variables)),
  )
