// SQLite's error codes in words, as StoreFailure.
import { StoreFailure } from '../store-errors.ts'

/** https://sqlite.org/rescode.html: the primary result code is the low byte of the extended one. */
const meanings: Readonly<Record<number, string>> = {
  5: 'the database is locked by another program',
  8: 'the disk or the file is read-only',
  10: 'the disk failed',
  11: 'the database file is damaged',
  13: 'the disk, or the space allowed to the database, is full',
  14: 'the database file cannot be opened',
  26: 'the file is not a database',
}

const busy = 5
/** After these the connection can't be believed any more: what it thinks it wrote may not be on the disk. */
const fatal: ReadonlySet<number> = new Set([10, 11, 26])

const resultCode = (error: unknown): number | undefined => {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

export const isBusy = (error: unknown): boolean => resultCode(error) === busy

export const isFatal = (error: unknown): boolean => {
  const code = resultCode(error)
  return code !== undefined && fatal.has(code)
}

/** `doing` says in a few words what the store was at, e.g. `reading`. */
export const storeFailure = (error: unknown, doing: string, isOutcomeUnknown = false): StoreFailure => {
  if (error instanceof StoreFailure) return error
  const code = resultCode(error)
  const meaning = code === undefined ? undefined : meanings[code]
  const message = error instanceof Error ? error.message : String(error)
  return new StoreFailure(`${doing} failed: ${meaning === undefined ? message : `${meaning} (${message})`}`, {
    cause: error,
    isOutcomeUnknown,
  })
}
