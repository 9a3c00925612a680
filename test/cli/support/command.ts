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

export const runCommand = (...words: readonly string[]): Command => {
  const child = spawn(process.execPath, [launcher, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
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
      await Promise.race([once(child.stdout, 'data'), ended])
      if (child.exitCode !== null && !output.includes('\n'))
        throw new Error(`it ended with ${child.exitCode}: ${errors}`)
    }
    return output.slice(0, output.indexOf('\n'))
  }
  return { child, firstLine, ended }
}
