// The folder of a deployment on one machine: private, and used by one supervisor at a time.
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CliFailure } from './cli-failure.ts'

export type DataFolder = {
  readonly path: string
  file(name: string): string
  release(): void
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5

/** Writes a file that only its owner reads, whole or not at all. */
export const writePrivateFile = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.new`
  writeFileSync(draft, content, { mode: 0o600, flush: true })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}

/** The file's text, or undefined when there is none. */
export const readFileIfAny = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** mkdir of a whole path says ENOENT where one step of it would say why: a read-only file system, for one. */
const makeFolder = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (existsSync(dirname(path))) mkdirSync(path, { mode: 0o700 })
    throw error
  }
}

/**
 * Makes the folder (0700) and takes it for this process until `release` or its end. Throws CliFailure when another has it.
 *
 * The lock is SQLite's exclusive lock on a file: the kernel drops it with the process, so it is never stale.
 */
export const takeDataFolder = (given: string): DataFolder => {
  const path = resolve(given)
  try {
    makeFolder(path)
    chmodSync(path, 0o700)
    closeSync(openSync(join(path, 'start.lock'), 'a', 0o600))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliFailure(`The data folder ${path} can't be written: ${reason}.`, 'failed', { cause: error })
  }
  const lock = new DatabaseSync(join(path, 'start.lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (isBusy(error))
      throw new CliFailure(
        `The data folder ${path} is in use by another twinpool. Stop it, or choose another with --data.`,
      )
    throw error
  }
  return {
    path,
    file: (name) => join(path, name),
    release: () => {
      if (lock.isOpen) lock.close()
    },
  }
}
