// Says in the words of AWS's JSON services which constraint of its shape a value breaks.
import type { Shape } from './model.ts'

/** What a request breaks, in the order of the model. */
export type Failures = string[]
export type Described = { readonly shape: Shape; readonly isSensitive: boolean }

/** `Value 'x' at 'limit' failed to satisfy constraint: …`; the value of a sensitive shape is left out. */
export const failure = (
  described: Described,
  value: string | number | undefined,
  path: string,
  constraint: string,
): string => {
  const shown = described.isSensitive || value === undefined ? 'Value' : `Value '${String(value)}'`
  return `${shown} at '${path}' failed to satisfy constraint: ${constraint}`
}

/** Sensitive by the model, and yet Cognito says that they are null. */
const nullIsShown: ReadonlySet<string> = new Set(['ClientIdType'])

/** What is said of a required member that isn't there: `Value null at 'groupName' …`, and nothing of the value of a sensitive one. */
export const nullFailure = (shapeName: string, shape: Shape, path: string): string => {
  const shown = shape.sensitive === true && !nullIsShown.has(shapeName) ? 'Value' : 'Value null'
  return `${shown} at '${path}' failed to satisfy constraint: Member must not be null`
}

export const checkLength = (
  described: Described,
  length: number,
  value: string | undefined,
  path: string,
  failures: Failures,
): void => {
  const { min, max } = described.shape
  if (max !== undefined && length > max)
    failures.push(failure(described, value, path, `Member must have length less than or equal to ${max}`))
  if (min !== undefined && length < min)
    failures.push(failure(described, value, path, `Member must have length greater than or equal to ${min}`))
}

/** Lengths count code points; a text has at most as many as UTF-16 units, and at least half as many, which mostly decides. */
export const checkCharacters = (
  described: Described,
  text: string,
  path: string,
  failures: Failures,
): void => {
  const { min = 0, max = Number.POSITIVE_INFINITY } = described.shape
  if (text.length <= max && text.length >= min * 2) return
  checkLength(described, Array.from(text).length, text, path, failures)
}

export const checkRange = (described: Described, value: number, path: string, failures: Failures): void => {
  const { min, max } = described.shape
  if (max !== undefined && value > max)
    failures.push(failure(described, value, path, `Member must have value less than or equal to ${max}`))
  if (min !== undefined && value < min)
    failures.push(failure(described, value, path, `Member must have value greater than or equal to ${min}`))
}

/** Every constraint of a scalar, broken or not: of what a list or a map holds Amazon names them all at once. */
const constraintsOf = ({ type, min, max, pattern, enum: values }: Shape): string => {
  const measured = type === 'string' ? 'length' : 'value'
  return [
    max === undefined ? [] : `Member must have ${measured} less than or equal to ${max}`,
    min === undefined ? [] : `Member must have ${measured} greater than or equal to ${min}`,
    pattern === undefined ? [] : `Member must satisfy regular expression pattern: ${pattern}`,
    values === undefined ? [] : `Member must satisfy enum value set: [${values.join(', ')}]`,
  ]
    .flat()
    .join(', ')
}

export const isScalar = ({ type }: Shape): boolean => !['structure', 'list', 'map'].includes(type)

/** Of what lists and maps hold, more than this isn't repeated. */
const repeatedCharactersMax = 4_096

/** `Value '[a, b]' at 'scopes' … Member must satisfy constraint: […]`: what is told of scalars in a list or a map, whichever of them is at fault. */
export const heldFailure = (
  what: 'Member' | 'Map keys' | 'Map value',
  held: Shape,
  isSensitive: boolean,
  value: string,
  path: string,
): string =>
  failure(
    { shape: held, isSensitive },
    value.length > repeatedCharactersMax ? undefined : value,
    path,
    `${what} must satisfy constraint: [${constraintsOf(held)}]`,
  )
