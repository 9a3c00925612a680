// Policy variables: `${aws:username}` in resources and in conditions on texts ("IAM policy elements: Variables and tags", IAM User Guide).
import type { ConditionContext } from './condition-context.ts'
import { literalSigns } from './wildcards.ts'

/** `${key}`, `${key, 'default'}`, and the signs `${*}`, `${?}` and `${$}` that stand for themselves. */
const variable = /\$\{([*?$]|[^{}$,']{1,256})(?:,\s{0,16}'([^']{0,256})'\s{0,16})?\}/g

const literally = (text: string): string => text.replace(/[*?]/g, (sign) => literalSigns[sign] ?? sign)

/**
 * The pattern with its variables filled in; what they bring is no wildcard. Undefined when the request has no such value, or several: then the
 * pattern is of nothing.
 */
export const filledIn = (pattern: string, context: ConditionContext): string | undefined => {
  let isKnown = true
  const filled = pattern.replace(variable, (_, name: string, fallback?: string) => {
    if (name === '*' || name === '?') return literally(name)
    if (name === '$') return '$'
    const values = context.get(name.trim().toLowerCase())
    const value = values?.length === 1 ? values[0] : fallback
    if (value === undefined) isKnown = false
    return literally(value ?? '')
  })
  return isKnown ? filled : undefined
}

/** Documents of the version before have no variables: there `${aws:username}` is that text. */
export const variablesOf = (
  { Version }: { readonly Version?: string | undefined },
  context: ConditionContext,
): ConditionContext | undefined => (Version === '2012-10-17' ? context : undefined)
