// Condition operators of key policies and identity policies ("IAM JSON policy elements: Condition operators", IAM User Guide), as a table.
import { BlockList, isIP } from 'node:net'
import type { ConditionContext } from './condition-context.ts'
import { filledIn } from './variables.ts'
import { matchesWildcard, plainText } from './wildcards.ts'

type Test = (actual: string, wanted: string) => boolean

/** ARNs are compared part by part, so that a wildcard does not reach across a colon (but in the last part). */
const matchesArn: Test = (actual, wanted) => {
  const split = (arn: string): string[] => {
    const parts = arn.split(':')
    return [...parts.slice(0, 5), parts.slice(5).join(':')]
  }
  const actualParts = split(actual)
  return split(wanted).every((part, index) => matchesWildcard(part, actualParts[index] ?? ''))
}

const equal: Test = (actual, wanted) => actual === plainText(wanted)
const equalIgnoringCase: Test = (actual, wanted) => actual.toLowerCase() === plainText(wanted).toLowerCase()
const like: Test = (actual, wanted) => matchesWildcard(wanted, actual)
const not =
  (test: Test): Test =>
  (actual, wanted) =>
    !test(actual, wanted)

/** Text that is no number compares as NaN: nothing holds of it. */
const numeric =
  (holds: (actual: number, wanted: number) => boolean): Test =>
  (actual, wanted) =>
    holds(Number(actual), Number(wanted))

/** Dates are ISO 8601, or epoch seconds. */
const timeOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text))
const dated =
  (holds: (actual: number, wanted: number) => boolean): Test =>
  (actual, wanted) =>
    holds(timeOf(actual), timeOf(wanted))

type AddressRange = { readonly network: string; readonly prefix: number; readonly family: 4 | 6 }

/** An address, or a range in CIDR form (RFC 4632, RFC 4291); undefined for what is neither. */
const readRange = (text: string): AddressRange | undefined => {
  const [network = '', bits, ...more] = text.split('/')
  const family = isIP(network)
  if ((family !== 4 && family !== 6) || more.length > 0) return undefined
  const longest = family === 4 ? 32 : 128
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : longest + 1
  return prefix > longest ? undefined : { network, prefix, family }
}

/** What is no range matches nothing. */
const inRange: Test = (actual, wanted) => {
  const range = readRange(wanted)
  if (range === undefined || isIP(actual) !== range.family) return false
  const kind = range.family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(range.network, range.prefix, kind)
  return list.check(actual, kind)
}

type Operator = {
  readonly test: Test /** A negated operator holds when it holds for every wanted value, and for an absent key. */
  readonly isNegated: boolean
}

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { test: equal, isNegated: false },
  StringNotEquals: { test: not(equal), isNegated: true },
  StringEqualsIgnoreCase: { test: equalIgnoringCase, isNegated: false },
  StringNotEqualsIgnoreCase: { test: not(equalIgnoringCase), isNegated: true },
  StringLike: { test: like, isNegated: false },
  StringNotLike: { test: not(like), isNegated: true },
  ArnEquals: { test: matchesArn, isNegated: false },
  ArnLike: { test: matchesArn, isNegated: false },
  ArnNotEquals: { test: not(matchesArn), isNegated: true },
  ArnNotLike: { test: not(matchesArn), isNegated: true },
  Bool: { test: equalIgnoringCase, isNegated: false },
  NumericEquals: { test: numeric((actual, wanted) => actual === wanted), isNegated: false },
  NumericNotEquals: { test: not(numeric((actual, wanted) => actual === wanted)), isNegated: true },
  NumericLessThan: { test: numeric((actual, wanted) => actual < wanted), isNegated: false },
  NumericLessThanEquals: { test: numeric((actual, wanted) => actual <= wanted), isNegated: false },
  NumericGreaterThan: { test: numeric((actual, wanted) => actual > wanted), isNegated: false },
  NumericGreaterThanEquals: { test: numeric((actual, wanted) => actual >= wanted), isNegated: false },
  DateEquals: { test: dated((actual, wanted) => actual === wanted), isNegated: false },
  DateNotEquals: { test: not(dated((actual, wanted) => actual === wanted)), isNegated: true },
  DateLessThan: { test: dated((actual, wanted) => actual < wanted), isNegated: false },
  DateLessThanEquals: { test: dated((actual, wanted) => actual <= wanted), isNegated: false },
  DateGreaterThan: { test: dated((actual, wanted) => actual > wanted), isNegated: false },
  DateGreaterThanEquals: { test: dated((actual, wanted) => actual >= wanted), isNegated: false },
  IpAddress: { test: inRange, isNegated: false },
  NotIpAddress: { test: not(inRange), isNegated: true },
}

const operatorSyntax = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/

type Parsed = { readonly quantifier: string | undefined; readonly name: string; readonly ifExists: boolean }

const parseOperator = (text: string): Parsed | undefined => {
  const match = operatorSyntax.exec(text)
  const name = match?.[2] ?? ''
  if (match === null || (name !== 'Null' && !Object.hasOwn(operators, name))) return undefined
  return { quantifier: match[1], name, ifExists: match[3] !== undefined }
}

export const isKnownOperator = (text: string): boolean => parseOperator(text) !== undefined

const isTruth = (value: string): boolean => /^(true|false)$/i.test(value)

/** What the values of an operator must look like, by how its name ends. */
const valueForms: readonly (readonly [RegExp, (value: string) => boolean])[] = [
  [/IpAddress$/, (value) => readRange(value) !== undefined],
  [/^Numeric/, (value) => value.trim() !== '' && Number.isFinite(Number(value))],
  [/^Date/, (value) => !Number.isNaN(timeOf(value))],
  [/^(Bool|Null)$/, isTruth],
]

/** Whether an operator can compare with a value at all: a range that is misspelt would else let everybody through a NotIpAddress. */
export const isComparable = (operatorText: string, value: string): boolean => {
  const name = parseOperator(operatorText)?.name ?? ''
  return valueForms.every(([operator, isWellFormed]) => !operator.test(name) || isWellFormed(value))
}

/** Variables are for texts: elsewhere they are what they look like. */
const takesVariables = (name: string): boolean => name.startsWith('String') || name.startsWith('Arn')

/**
 * One line of a condition: whether the context's values of `key` satisfy `operator` with the values that the policy has. `variables`: what fills in
 * those of the policy, if its version has any.
 */
export const conditionHolds = (
  operatorText: string,
  key: string,
  given: readonly string[],
  context: ConditionContext,
  variables?: ConditionContext,
): boolean => {
  const parsed = parseOperator(operatorText)
  if (parsed === undefined) return false
  const actual = context.get(key.toLowerCase())
  if (parsed.name === 'Null')
    return given.some((value) => (value.toLowerCase() === 'true') === (actual === undefined))
  const operator = operators[parsed.name]
  if (operator === undefined) return false
  if (actual === undefined) {
    // "If there are no keys in the request that match, ForAnyValue returns false", also of a negated operator.
    if (parsed.quantifier === 'ForAnyValue') return parsed.ifExists
    return parsed.ifExists || operator.isNegated || parsed.quantifier === 'ForAllValues'
  }
  const wanted =
    variables === undefined || !takesVariables(parsed.name)
      ? given
      : given.flatMap((value) => filledIn(value, variables) ?? [])
  const one = (value: string): boolean =>
    operator.isNegated
      ? wanted.every((candidate) => operator.test(value, candidate))
      : wanted.some((candidate) => operator.test(value, candidate))
  if (parsed.quantifier === 'ForAllValues') return actual.every(one)
  return actual.some(one)
}
