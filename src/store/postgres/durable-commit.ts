// COMMIT, told apart from what only looks like one: durable also on the standby that the server waits for, not committed, or nobody knows.
import { type ClientBase, DatabaseError, type QueryConfig } from 'pg'
import { StoreFailure } from '../store-errors.ts'
import { isConnectionLoss } from './failure.ts'

/** Nobody knows whether the transaction is in the database, or whether it will still be there after a failover. */
export class OutcomeUnknown extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'OutcomeUnknown'
  }
}

/** SQLSTATE class 01, "Warning" (PostgreSQL documentation, appendix A); the severity's word follows the server's language. */
const isWarning = ({ code }: { readonly code?: string | undefined }): boolean =>
  code?.startsWith('01') === true

/**
 * Runs the statements and ends the transaction, without waiting in between: one way to the server and back. A server that stops waiting for its
 * standby (somebody cancelled the statement) answers COMMIT with success all the same, and with a warning that the transaction might not have been
 * replicated (PostgreSQL source, SyncRepWaitForLSN): that is no acknowledgement. Rejects with OutcomeUnknown, or with the database's error, after
 * which nothing is done.
 */
export const commitDurably = async (
  client: ClientBase,
  statements: readonly QueryConfig[] = [],
): Promise<void> => {
  let isWarned = false
  const hear = (notice: { readonly code?: string | undefined }): void => {
    isWarned ||= isWarning(notice)
  }
  client.on('notice', hear)
  try {
    const written = statements.map((statement) => client.query(statement))
    const [committed, ...outcomes] = await Promise.allSettled([client.query('COMMIT'), ...written])
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    // The database refused a statement: what followed, COMMIT as well, was refused with it.
    const refused = failures.find((error) => error instanceof DatabaseError)
    if (refused !== undefined) throw refused
    const broken = failures[0] ?? (committed.status === 'rejected' ? committed.reason : undefined)
    if (broken !== undefined && isConnectionLoss(broken))
      throw new OutcomeUnknown('the connection broke while the database was committing', broken)
    if (broken !== undefined) throw broken
    if (committed.status === 'fulfilled' && committed.value.command !== 'COMMIT')
      throw new StoreFailure('the database ended the transaction without a commit')
  } finally {
    client.off('notice', hear)
  }
  if (!isWarned) return
  const message = 'the database did not wait for its standby'
  throw new OutcomeUnknown(message, new StoreFailure(message, { isOutcomeUnknown: true }))
}
