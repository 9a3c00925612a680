// The demo: its exit code is the promise of the whole project.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { runCommand } from '../cli/support/command.ts'

const demoFolders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('twinpool-demo-'))

test('the demo holds every step, says so in a table, and leaves nothing behind', async () => {
  const before = demoFolders()
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
  expect(demoFolders().filter((name) => !before.includes(name))).toEqual([])
})

test('the demo stops when it is asked in the middle, with exit code 1 and nothing left behind', async () => {
  const before = demoFolders()
  const { child, ended, firstLine } = runCommand('demo')
  await firstLine()
  child.kill('SIGINT')
  const { exitCode, errors } = await ended
  expect(errors.trim()).toBe('twinpool demo: stopped; nothing is left behind.')
  expect(exitCode).toBe(1)
  expect(demoFolders().filter((name) => !before.includes(name))).toEqual([])
})
