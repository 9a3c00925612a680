// Runs the real command line as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../../bin/twinpool.js', import.meta.url))

export type Ended = { readonly exitCode: number | null; readonly output: string; readonly errors: string }

export type Command = {
  readonly child: ChildProcess
  /** The first line on standard output. Rejects when the process ends before. */
  firstLine(): Promise<string>
  readonly ended: Promise<Ended>
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'twinpool-test-'))

/** Under a shell that waits for it, as npm runs a command. */
export const runUnderNpm = (...words: readonly string[]): Command =>
  watch('sh', ['-c', '"$0" "$@"; exit', process.execPath, launcher, ...words], { npm_command: 'exec' })

export const runCommand = (...words: readonly string[]): Command =>
  watch(process.execPath, [launcher, ...words], { npm_command: undefined })

const watch = (file: string, words: readonly string[], environment: NodeJS.ProcessEnv): Command => {
  const child = spawn(file, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...environment },
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, output, errors }))
  const firstLine = async (): Promise<string> => {
    while (!output.includes('\n')) {
      const end = await Promise.race([once(child.stdout, 'data').then(() => undefined), ended])
      if (end !== undefined && !output.includes('\n'))
        throw new Error(`it ended with ${child.exitCode ?? child.signalCode}: ${errors}`)
    }
    return output.slice(0, output.indexOf('\n'))
  }
  return { child, firstLine, ended }
}
