// Reading what a peer sent: every field is checked before it is used, since the peer may run another version.
import { Fault } from '../wire/fault.ts'

export type Fields = {
  text(name: string): string
  optionalText(name: string): string | undefined
  /** An integer of 0 or more. */
  count(name: string): number
  optionalCount(name: string): number | undefined
  flag(name: string): boolean
  /** A list with at most `most` items. */
  list(name: string, most: number): readonly unknown[]
  optionalList(name: string, most: number): readonly unknown[] | undefined
  optionalTextMap(name: string): Readonly<Record<string, string>> | undefined
  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice
}

const malformed = (name: string): Fault =>
  new Fault('InvalidParameterException', `A peer's message has no valid ${name}.`)

export const readFields = (message: unknown): Fields => {
  if (typeof message !== 'object' || message === null) throw malformed('body')
  const of = (name: string): unknown => (message as Readonly<Record<string, unknown>>)[name]
  const fields: Fields = {
    text: (name) => {
      const value = of(name)
      if (typeof value !== 'string') throw malformed(name)
      return value
    },
    optionalText: (name) => (of(name) === undefined ? undefined : fields.text(name)),
    count: (name) => {
      const value = of(name)
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed(name)
      return value as number
    },
    optionalCount: (name) => (of(name) === undefined ? undefined : fields.count(name)),
    flag: (name) => {
      const value = of(name)
      if (typeof value !== 'boolean') throw malformed(name)
      return value
    },
    list: (name, most) => {
      const value = of(name)
      if (!Array.isArray(value) || value.length > most) throw malformed(name)
      return value as readonly unknown[]
    },
    optionalList: (name, most) => (of(name) === undefined ? undefined : fields.list(name, most)),
    optionalTextMap: (name) => {
      const value = of(name)
      if (value === undefined) return undefined
      if (typeof value !== 'object' || value === null) throw malformed(name)
      const entries = Object.entries(value)
      if (entries.some(([, text]) => typeof text !== 'string')) throw malformed(name)
      return Object.fromEntries(entries) as Readonly<Record<string, string>>
    },
    oneOf: (name, choices) => {
      const value = fields.text(name)
      const choice = choices.find((candidate) => candidate === value)
      if (choice === undefined) throw malformed(name)
      return choice
    },
  }
  return fields
}
