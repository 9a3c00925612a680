// The demo: its exit code is the promise of the whole project.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newFolder, runCommand } from '../cli/support/command.ts'

// A folder for temporary files of its own: other demos may run on the machine.
beforeEach(() => {
  vi.stubEnv('TMPDIR', newFolder())
})
afterEach(() => {
  expect(readdirSync(tmpdir())).toEqual([])
  vi.unstubAllEnvs()
})

test('the demo holds every step, says so in a table, and leaves nothing behind', async () => {
  const { exitCode, output, errors } = await runCommand('demo').ended
  expect(errors).toBe('')
  expect(exitCode).toBe(0)
  for (const title of [
    'Start',
    'Set up',
    'Sign in',
    'Lose the primary',
    'Go on',
    'Come back',
    'Change places',
  ])
    expect(output).toMatch(new RegExp(`│ \\d │ ${title} +│`))
  expect(output).toContain('Every step held')
})

test('the demo stops when it is asked in the middle, with exit code 1 and nothing left behind', async () => {
  const { child, ended, firstLine } = runCommand('demo')
  await firstLine()
  child.kill('SIGINT')
  const { exitCode, errors } = await ended
  expect(errors.trim()).toBe('twinpool demo: stopped; nothing is left behind.')
  expect(exitCode).toBe(1)
})
