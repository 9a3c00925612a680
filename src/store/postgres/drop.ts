// Removing a scope in bounded steps, each a transaction of its own. Any node can go on where another one stopped.
import type { ClientBase } from 'pg'
import { digestToHex } from '../digest.ts'
import { isStream, prefixBounds } from '../keys.ts'
import { commitDurably } from './durable-commit.ts'
import { lockScopes } from './group-transaction.ts'

const rowsPerStep = 2_000

/** What stands in `scopes.dropping`: with `begin` the stream is set to the beginning of a copy when all is gone. */
export type Dropping = { readonly begin?: { readonly from: number; readonly epoch: number } }

const inTransaction = async <Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> => {
  await client.query('BEGIN')
  try {
    const result = await work()
    await commitDurably(client)
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Shuts the scope: from now on nobody writes to it until the drop has ended. False if it is being dropped already. */
export const beginDrop = (client: ClientBase, scope: string, dropping: Dropping): Promise<boolean> =>
  inTransaction(client, async () => {
    if ((await lockScopes(client, [scope])).length > 0) return false
    await client.query('UPDATE scopes SET dropping = $2 WHERE scope = $1', [scope, JSON.stringify(dropping)])
    return true
  })

/** One step of a drop; true once the scope is gone (or set to begin its copy), by whomever. */
export const stepDrop = (client: ClientBase, scope: string): Promise<boolean> =>
  inTransaction(client, async () => {
    const { rows } = await client.query<{ dropping: Dropping | null }>(
      'SELECT dropping FROM scopes WHERE scope = $1 FOR UPDATE',
      [scope],
    )
    const dropping = rows[0]?.dropping
    if (dropping === undefined || dropping === null) return true
    const [from, to] = prefixBounds(`${scope}/`)
    const { rows: gone } = await client.query<{ n: string }>(
      `WITH page AS (SELECT key FROM records WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3),
         gone AS (DELETE FROM records USING page WHERE records.key = page.key RETURNING records.key, records.terms),
         unfiled AS (
           DELETE FROM terms USING gone, unnest(string_to_array(gone.terms, E'\\n')) AS filed(term)
           WHERE terms.term = filed.term AND terms.key = gone.key
         )
       SELECT count(*) AS n FROM gone`,
      [from, to, rowsPerStep],
    )
    if (Number(gone[0]?.n) > 0) return false
    const log = await client.query(
      `DELETE FROM log WHERE (stream, position) IN
         (SELECT stream, position FROM log WHERE stream = $1 ORDER BY position LIMIT $2)`,
      [scope, rowsPerStep],
    )
    if ((log.rowCount ?? 0) > 0) return false
    await client.query('DELETE FROM counters WHERE key >= $1 AND key < $2', [from, to])
    await client.query('DELETE FROM places WHERE name >= $1 AND name < $2', [from, to])
    await client.query('DELETE FROM streams WHERE stream = $1', [scope])
    const { begin } = dropping
    if (begin !== undefined && isStream(scope))
      await client.query(
        `INSERT INTO streams (stream, position, epoch, digest, entry_digest, trimmed, copy)
         VALUES ($1, $2, $3, $4, NULL, $2, $5)`,
        [scope, begin.from, begin.epoch, digestToHex(0n), JSON.stringify({ from: begin.from })],
      )
    await client.query('DELETE FROM scopes WHERE scope = $1', [scope])
    return true
  })

/** Scopes whose removal some node began and nobody has ended. */
export const unfinishedDrops = async (client: ClientBase): Promise<readonly string[]> => {
  const { rows } = await client.query<{ scope: string }>(
    'SELECT scope FROM scopes WHERE dropping IS NOT NULL',
  )
  return rows.map(({ scope }) => scope)
}
