// PostgreSQL's errors as StoreFailure, and which of them are worth another try.
import { DatabaseError } from 'pg'
import { StoreFailure } from '../store-errors.ts'

/** PostgreSQL documentation, appendix A, "PostgreSQL Error Codes": classes and codes that an operator can do something about. */
const meanings: Readonly<Record<string, string>> = {
  '08': 'the connection to the database broke',
  '25006': 'the database is read-only',
  '28': 'the database refuses the user or the password',
  '3D000': 'there is no such database',
  '53': 'the database is out of disk space, memory or connections',
  '57': 'the database is shutting down or was interrupted',
  '58': 'the disk of the database failed',
  XX001: 'the database is damaged',
  XX002: 'the database is damaged',
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof DatabaseError ? error.code : undefined

/** serialization_failure and deadlock_detected: nothing was done, and the same transaction can succeed. */
export const isTransient = (error: unknown): boolean => {
  const code = codeOf(error)
  return code === '40001' || code === '40P01'
}

/** Whether it can't be known what became of a statement: no answer came, or one that says that the server is going down. */
export const isConnectionLoss = (error: unknown): boolean => {
  const kind = codeOf(error)?.slice(0, 2)
  return kind === undefined || kind === '08' || kind === '57'
}

/** Whether the connection is of no more use: it broke, or its server takes no writes since another one was promoted. */
export const isUnusable = (error: unknown): boolean => isConnectionLoss(error) || codeOf(error) === '25006'

/** Whether the database refused this very change, so that others in the same group may fare better. */
export const isAboutTheChange = (error: unknown): boolean => {
  const kind = codeOf(error)?.slice(0, 2)
  return kind !== undefined && ['22', '23', '54'].includes(kind)
}

/** `doing` says in a few words what the store was at, e.g. `reading the store`. The cause stays private: only the code and its meaning are told. */
export const storeFailure = (error: unknown, doing: string, isOutcomeUnknown = false): StoreFailure => {
  if (error instanceof StoreFailure) return error
  const code = codeOf(error)
  const meaning =
    code === undefined
      ? 'the connection to the database broke'
      : (meanings[code] ?? meanings[code.slice(0, 2)] ?? 'the database refused')
  return new StoreFailure(`${doing} failed: ${meaning}${code === undefined ? '' : ` (SQLSTATE ${code})`}`, {
    cause: error,
    isOutcomeUnknown,
  })
}
