// Reads a command's flags into checked values, and says what is wrong in one line.
import type { ArgsDef } from 'citty'
import { z } from 'zod'
import { CliFailure } from './cli-failure.ts'

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** Rejects flags that the command doesn't have, and words that belong to no flag and no declared place. */
const checkKnown = (rawArgs: readonly string[], declared: ArgsDef): void => {
  let isValue = false
  let placesLeft = Object.values(declared).filter(({ type }) => type === 'positional').length
  for (const word of rawArgs) {
    if (isValue) {
      isValue = false
      continue
    }
    if (!word.startsWith('-') && placesLeft > 0) {
      placesLeft -= 1
      continue
    }
    const name = /^--([a-z][a-z0-9-]*)(=|$)/.exec(word)?.[1]
    const declaration = name === undefined ? undefined : declared[name]
    if (declaration === undefined)
      throw new CliFailure(
        word.startsWith('-') ? `There is no flag ${word.split('=')[0]}.` : `'${word}' is not expected here.`,
        'wrongUse',
      )
    isValue = declaration.type !== 'boolean' && !word.includes('=')
  }
  if (isValue) throw new CliFailure(`${rawArgs.at(-1)} needs a value.`, 'wrongUse')
}

/** Throws CliFailure (exit code 2) that names the first flag that is wrong. */
export const readOptions = <Schema extends z.ZodType>(
  schema: Schema,
  parsed: { readonly args: Record<string, unknown>; readonly rawArgs: readonly string[] },
  declared: ArgsDef,
): z.infer<Schema> => {
  checkKnown(parsed.rawArgs, declared)
  const given = Object.fromEntries(
    Object.keys(declared)
      .map((name) => [
        name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        parsed.args[name],
      ])
      .filter(([, value]) => value !== undefined),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const flag = kebab(String(issue?.path[0] ?? ''))
  throw new CliFailure(`--${flag}: ${issue?.message ?? 'is wrong'}.`, 'wrongUse')
}

/** `--port 9300` as a number. */
export const portOption = z
  .string()
  .regex(/^\d{1,5}$/, 'a port is a number from 0 to 65535')
  .transform(Number)
  .pipe(z.number().max(65_535, 'a port is a number from 0 to 65535'))
