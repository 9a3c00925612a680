// Dropping scopes in bounded steps, between which other commits run. What was begun goes on when the store is opened again.
import type { DatabaseSync } from 'node:sqlite'
import type { Job } from '../job.ts'
import { prefixBounds } from '../keys.ts'
import type { RecordTable } from './record-table.ts'
import { textIn } from './rows.ts'
import type { StreamTable } from './stream-table.ts'

export type DropJob = Extract<Job, { kind: 'drop' }>

/** How many terms, records, log entries or counters one step removes: a few milliseconds' work, for which other commits wait. */
const termsPerStep = 2_000
const recordsPerStep = 100
const rowsPerStep = 500

export type Drops = ReturnType<typeof createDrops>

export const createDrops = (database: DatabaseSync, records: RecordTable, streams: StreamTable) => {
  const remember = database.prepare('INSERT OR IGNORE INTO dropping (scope) VALUES (?)')
  const forget = database.prepare('DELETE FROM dropping WHERE scope = ?')
  const removeCounters = database.prepare(
    'DELETE FROM counters WHERE key IN (SELECT key FROM counters WHERE key >= ? AND key < ? LIMIT ?)',
  )

  return {
    /** Scopes whose removal was cut short when the store was last closed. */
    unfinished: (): string[] =>
      database
        .prepare('SELECT scope FROM dropping')
        .all()
        .map((row) => textIn(row, 'scope')),
    /** From here on the stream has no head, and the removal can't get lost. */
    begin: (scope: string): void => {
      remember.run(scope)
      streams.remove(scope)
    },
    /** Removes some more; true when nothing is left and, for a copy, the stream stands at its beginning. */
    step: ({ scope, begin }: DropJob): boolean => {
      const [from, to] = prefixBounds(`${scope}/`)
      if (!records.removeSomeTerms(from, to, termsPerStep)) return false
      if (!records.removeSomeRecords(from, to, recordsPerStep)) return false
      if (streams.removeEntries(scope, rowsPerStep) > 0) return false
      if (Number(removeCounters.run(from, to, rowsPerStep).changes) > 0) return false
      records.removePlaces(from, to)
      forget.run(scope)
      if (begin !== undefined) {
        const { from: position, epoch } = begin
        const copy = { from: position }
        streams.set(scope, { position, epoch, digest: 0n, trimmed: position, swept: position, copy })
      }
      return true
    },
  }
}
