// The command line: finds the command, runs it, and turns a failure into one line and an exit code.
import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, runCommand, showUsage } from 'citty'
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

/** citty's own complaints are about flags; anything else that isn't a CliFailure is a defect and keeps its stack. */
const asFailure = (error: unknown): CliFailure | undefined => {
  if (error instanceof CliFailure) return error
  if (!(error instanceof Error) || error.name !== 'CLIError') return undefined
  return new CliFailure(stripVTControlCharacters(error.message), 'wrongUse')
}

/** Runs a command and ends the process: 0 when it did its work, 1 when it could not, 2 when it was called wrongly. */
export const runCommandLine = async (words: readonly string[]): Promise<void> => {
  const [name, ...rawArgs] = words
  if (name === undefined || name === '--help' || name === 'help') {
    await showUsage(main)
    return
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  try {
    if (load === undefined)
      throw new CliFailure(
        `There is no command '${name}'. There are: ${Object.keys(commands).join(', ')}.`,
        'wrongUse',
      )
    const command = await load()
    if (rawArgs.includes('--help')) await showUsage(command, main)
    else await runCommand(command, { rawArgs })
    process.exit(0)
  } catch (error) {
    const failure = asFailure(error)
    if (failure === undefined) console.error(error)
    else console.error(`twinpool ${name}: ${failure.message}`)
    process.exit(failure?.exitCode ?? exitCodes.failed)
  }
}
