// The command line: finds the command, runs it, and turns a failure into one line and an exit code.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty'
import { CliFailure, exitCodes } from './cli-failure.ts'

const commands: Readonly<Record<string, () => Promise<CommandDef>>> = {
  start: async () => (await import('./start.ts')).start as CommandDef,
  demo: async () => (await import('./demo.ts')).demo as CommandDef,
  env: async () => (await import('./env.ts')).env as CommandDef,
  inbox: async () => (await import('./inbox.ts')).inbox as CommandDef,
  region: async () => (await import('./region.ts')).region as CommandDef,
  docs: async () => (await import('./docs.ts')).docs as CommandDef,
  'access-key': async () => (await import('./access-key.ts')).accessKeyCommand as CommandDef,
  backup: async () => (await import('./backup.ts')).backup as CommandDef,
  restore: async () => (await import('./restore.ts')).restore as CommandDef,
  'move-to-postgres': async () => (await import('./move-to-postgres.ts')).moveToPostgresCommand as CommandDef,
  replicas: async () => (await import('./replicas.ts')).replicas as CommandDef,
  promote: async () => (await import('./promote.ts')).promote as CommandDef,
  verify: async () => (await import('./verify.ts')).verify as CommandDef,
  acknowledgement: async () => (await import('./acknowledgement.ts')).acknowledgement as CommandDef,
  'set-aside': async () => (await import('./set-aside.ts')).setAside as CommandDef,
  recopy: async () => (await import('./recopy.ts')).recopy as CommandDef,
  router: async () => (await import('./router.ts')).router as CommandDef,
}

const main = defineCommand({
  meta: {
    name: 'twinpool',
    description: 'Amazon-Cognito-compatible user pools that live in two Regions at once',
  },
  subCommands: { ...commands },
})

/** What the operating system says of files and folders that the person named, as errno(3) has it. */
const fileErrors: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EEXIST: 'exists already',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EMFILE: 'too many open files',
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

const fileFailure = (error: NodeJS.ErrnoException): CliFailure | undefined => {
  const said = error.code === undefined ? undefined : fileErrors[error.code]
  if (said === undefined) return undefined
  const where = error.path === undefined ? '' : `${error.path}: `
  return new CliFailure(`${where}${said}.`, 'failed', { cause: error })
}

/** Whoever takes a newer version and forgets to install what it needs is told so. */
const lackingPackage = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    ? /^Cannot find package '([^']+)'/.exec(error.message)?.[1]
    : undefined

/** citty's own complaints are about flags; anything else that neither is ours nor the file system's is a defect and keeps its stack. */
const asFailure = (error: unknown): CliFailure | undefined => {
  if (error instanceof CliFailure) return error
  if (isSystemError(error)) return fileFailure(error)
  const lacking = lackingPackage(error)
  if (lacking !== undefined)
    return new CliFailure(`The package ${lacking} is not installed. This version needs it: run npm ci.`)
  if (!(error instanceof Error) || error.name !== 'CLIError') return undefined
  return new CliFailure(stripVTControlCharacters(error.message), 'wrongUse')
}

const helpFlags: readonly string[] = ['--help', '-h']

const readVersion = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  return version
}

/** Colours are for terminals: a pager or a file gets plain text. */
const printUsage = async (command: CommandDef, parent?: CommandDef): Promise<void> => {
  const usage = await renderUsage(command, parent)
  console.log(process.stdout.isTTY ? usage : stripVTControlCharacters(usage).replaceAll(/[ \t]+$/gm, ''))
}

/** Throws CliFailure that lists the commands there are. */
const findCommand = async (
  available: Readonly<Record<string, unknown>>,
  name: string,
): Promise<CommandDef> => {
  const found = Object.hasOwn(available, name) ? available[name] : undefined
  if (found === undefined)
    throw new CliFailure(
      `There is no command '${name}'. There are: ${Object.keys(available).join(', ')}.`,
      'wrongUse',
    )
  return typeof found === 'function' ? await (found as () => Promise<CommandDef>)() : (found as CommandDef)
}

const run = async (name: string, rawArgs: readonly string[]): Promise<void> => {
  const command = await findCommand(commands, name)
  const [word] = rawArgs
  const asksHelp = rawArgs.some((argument) => helpFlags.includes(argument))
  const subCommands = command.subCommands as Readonly<Record<string, CommandDef>> | undefined
  if (subCommands === undefined) {
    if (asksHelp) await printUsage(command, main)
    else await runCommand(command, { rawArgs: [...rawArgs] })
    return
  }
  if (word === undefined || helpFlags.includes(word)) {
    await printUsage(command, main)
    return
  }
  const subCommand = await findCommand(subCommands, word)
  if (asksHelp) await printUsage(subCommand, { ...command, meta: { name: `twinpool ${name}` } })
  else await runCommand(command, { rawArgs: [...rawArgs] })
}

/** Runs a command and ends the process: 0 when it did its work, 1 when it could not, 2 when it was called wrongly. */
export const runCommandLine = async (words: readonly string[]): Promise<void> => {
  const [name, ...rawArgs] = words
  if (name === '--version' || name === '-v') {
    console.log(readVersion())
    return
  }
  if (name === undefined || helpFlags.includes(name) || (name === 'help' && rawArgs.length === 0)) {
    await printUsage(main)
    return
  }
  try {
    if (name === 'help') await run(rawArgs[0] ?? '', [...rawArgs.slice(1), '--help'])
    else await run(name, rawArgs)
    process.exit(0)
  } catch (error) {
    const failure = asFailure(error)
    if (failure === undefined) console.error(error)
    else console.error(`twinpool ${name}: ${failure.message}`)
    process.exit(failure?.exitCode ?? exitCodes.failed)
  }
}
