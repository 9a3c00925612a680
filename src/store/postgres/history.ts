// Which history a database has, and whether the lead node has settled with the other Regions that it may be written on.
import type { ClientBase } from 'pg'
import { schemaName } from './schema.ts'

const known = new WeakMap<ClientBase, string>()

/**
 * Another one as soon as a standby was promoted, a backup was restored to a point in time (both begin a timeline: PostgreSQL documentation,
 * "Timelines"), or another database took the place: acknowledged commits may be missing then. A connection keeps its own as long as it lives.
 */
export const historyOf = async (client: ClientBase): Promise<string> => {
  const remembered = known.get(client)
  if (remembered !== undefined) return remembered
  const { rows } = await client.query<{ history: string }>(
    `SELECT concat_ws('-', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
       (SELECT oid FROM pg_database WHERE datname = current_database())) AS history`,
  )
  const history = rows[0]?.history ?? ''
  known.set(client, history)
  return history
}

/** To be called by the lead node, over the connection that holds the lock, when it knows of every pool that a replica has more of. */
export const settleHistory = async (client: ClientBase): Promise<void> => {
  await client.query(`UPDATE ${schemaName}.leader SET history = $1`, [await historyOf(client)])
}

/** Asks at most once for each history that is settled: it stays so. */
export const createHistoryCheck = (): ((client: ClientBase) => Promise<boolean>) => {
  let settled: string | undefined
  return async (client) => {
    const history = await historyOf(client)
    if (settled === history) return true
    const { rows } = await client.query<{ history: string | null }>(
      `SELECT history FROM ${schemaName}.leader`,
    )
    if (rows[0]?.history !== history) return false
    settled = history
    return true
  }
}
