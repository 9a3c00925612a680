// The root key that protects all that the key service keeps: from the environment, from a named file, or from a file made at first start.
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from '../telemetry/clock.ts'
import type { DataKey } from '../vault/envelope.ts'

const rootKeyBytes = 32

/** The root key can't be used: wrong length, unreadable, or not the one that the store was made with. */
export class RootKeyRefused extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'RootKeyRefused'
  }
}

const parse = (text: string, source: string): DataKey => {
  const bytes = Buffer.from(text.trim(), 'base64')
  if (bytes.length !== rootKeyBytes)
    throw new RootKeyRefused(`the root key ${source} must be ${rootKeyBytes} bytes in base64`)
  return { id: 1, bytes }
}

/** Writes a new file with mode 0600, flushed, under its name only once it is whole; if another process was first, its file stays. */
const makeFile = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}`
  const handle = openSync(temporary, 'wx', 0o600)
  writeSync(handle, text)
  fsyncSync(handle)
  closeSync(handle)
  try {
    linkSync(temporary, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(temporary)
  }
}

/** TWINPOOL_ROOT_KEY (base64), else the file that TWINPOOL_ROOT_KEY_FILE names, else `root.key` in the folder. Throws RootKeyRefused. */
export const loadRootKey = (options: {
  readonly folder: string
  /** There is data already: a new key would open none of it, and stand in the place of the one that does. */
  readonly hasData?: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly random: Random
}): DataKey => {
  const given = options.environment.TWINPOOL_ROOT_KEY
  if (given !== undefined) return parse(given, 'in TWINPOOL_ROOT_KEY')
  const named = options.environment.TWINPOOL_ROOT_KEY_FILE
  const file = named ?? join(options.folder, 'root.key')
  const isMissing = named === undefined && !existsSync(file)
  if (isMissing && options.hasData === true)
    throw new RootKeyRefused(
      `there is data, and no root key that opens it: put back ${file}, or name the key in TWINPOOL_ROOT_KEY or TWINPOOL_ROOT_KEY_FILE`,
    )
  if (isMissing) makeFile(file, `${options.random.bytes(rootKeyBytes).toString('base64')}\n`)
  try {
    return parse(readFileSync(file, 'utf8'), `in ${file}`)
  } catch (cause) {
    throw cause instanceof RootKeyRefused
      ? cause
      : new RootKeyRefused(`the root key file ${file} can't be read`, { cause })
  }
}
