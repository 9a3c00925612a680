// Reads the configuration file that a process is started with.
import type { z } from 'zod'
import { CliFailure } from './cli-failure.ts'
import { readFileIfAny } from './data-folder.ts'

/** Throws CliFailure that names the file and the first member that is wrong, never a value. */
export const readConfiguration = <Schema extends z.ZodType>(
  schema: Schema,
  path: string,
): z.infer<Schema> => {
  const text = readFileIfAny(path)
  if (text === undefined) throw new CliFailure(`--configuration: there is no file ${path}.`, 'wrongUse')
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw new CliFailure(`--configuration: ${path} is not JSON.`, 'wrongUse')
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CliFailure(
    `--configuration: ${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}.`,
    'wrongUse',
  )
}
