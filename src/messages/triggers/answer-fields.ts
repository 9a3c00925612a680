// Reads the members of a function's answer: what is absent or null has its default, what has another form is unrecognizable.
import { unrecognizable } from './call-function.ts'

type Answer = Readonly<Record<string, unknown>>

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null

/** Typed languages write booleans and numbers where a text is meant, and the other way round. */
const scalarText = (value: unknown): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw unrecognizable()
}

export const flagIn = (answer: Answer, name: string): boolean => {
  const value = answer[name]
  if (isAbsent(value) || value === false || value === 'false') return false
  if (value === true || value === 'true') return true
  throw unrecognizable()
}

export const textIn = (answer: Answer, name: string): string | undefined => {
  const value = answer[name]
  return isAbsent(value) ? undefined : scalarText(value)
}

export const objectIn = (answer: Answer, name: string): Answer => {
  const value = answer[name]
  if (isAbsent(value)) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw unrecognizable()
  return value as Answer
}

/** A map of texts; members that are null are left out. */
export const pairsIn = (answer: Answer, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(objectIn(answer, name)).flatMap(([key, value]) =>
      isAbsent(value) ? [] : [[key, scalarText(value)]],
    ),
  )

export const listIn = (answer: Answer, name: string): readonly string[] => {
  const value = answer[name]
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw unrecognizable()
  return value.map(scalarText)
}
