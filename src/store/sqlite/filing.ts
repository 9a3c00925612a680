// The search terms of records that a copy has stored: filed later and many at a time, in the order of the index.
import type { Key } from '../store.ts'
import type { RecordTable } from './record-table.ts'
import type { CopyProgress } from './rows.ts'
import type { StreamTable } from './stream-table.ts'

/** One step files so many terms, or reads so many from their records: a few milliseconds' work, for which other commits wait. */
const termsPerStep = 1_000
const recordsPerStep = 500
/** Terms are sorted in runs of this many, which are merged as they are filed. */
const runTerms = 16_000

/** What of the index one place still lacks: sorted runs of `term`, line feed, `rest`, each with the index of its next one. */
type Run = { readonly terms: readonly string[]; next: number }
type Runs = { readonly place: number; readonly runs: readonly Run[] }

/** Filing the terms of one stream; `step` does some more and returns true when nothing is left. */
export type Filing = { step(): boolean }

/** Records after the first key, up to and with the second, are stored without their terms; undefined when there are none. */
export const unfiledIn = (copy: CopyProgress | undefined): readonly [Key, Key] | undefined =>
  copy?.filed === undefined || copy.after === undefined ? undefined : [copy.filed, copy.after]

const takeLowest = (runs: readonly Run[]): string | undefined => {
  let lowest: Run | undefined
  let found: string | undefined
  for (const run of runs) {
    const term = run.terms[run.next]
    if (term === undefined || (found !== undefined && term >= found)) continue
    found = term
    lowest = run
  }
  if (lowest !== undefined) lowest.next += 1
  return found
}

/**
 * The terms of a user are hashes: filed user by user, each lands on another page of the index, and a page is written for every term. Sorted, as
 * many as fit into memory, they share pages. What is filed twice, because a step or the process failed, is filed once.
 */
export const createFiling = (stream: string, records: RecordTable, streams: StreamTable): Filing => {
  const gathered = new Map<number, { readonly runs: Run[]; open: string[] }>()
  let merging: readonly Runs[] | undefined
  let readTo = unfiledIn(streams.read(stream).copy)?.[0] ?? ''

  const closeRun = (of: { readonly runs: Run[]; open: string[] }): void => {
    of.runs.push({ terms: of.open.sort(), next: 0 })
    of.open = []
  }

  /** Reads some more terms from their records; true when all are read. */
  const gather = (upTo: Key): boolean => {
    const found = records.termsBetween(readTo, upTo, recordsPerStep)
    for (const { place, rest, terms } of found.records) {
      const of = gathered.get(place) ?? { runs: [], open: [] }
      gathered.set(place, of)
      for (const term of terms) of.open.push(`${term}\n${rest}`)
      if (of.open.length >= runTerms) closeRun(of)
    }
    readTo = found.readTo
    return found.isLast
  }

  /** Files some more terms; true when all are filed. */
  const file = (waiting: readonly Runs[]): boolean => {
    let left = termsPerStep
    for (const { place, runs } of waiting)
      for (let line = takeLowest(runs); line !== undefined; line = takeLowest(runs)) {
        const end = line.indexOf('\n')
        records.fileTerm(place, line.slice(0, end), line.slice(end + 1))
        left -= 1
        if (left === 0) return false
      }
    return true
  }

  return {
    step: () => {
      const { copy } = streams.read(stream)
      const unfiled = unfiledIn(copy)
      if (copy === undefined || unfiled === undefined) return true
      if (merging === undefined) {
        if (!gather(unfiled[1])) return false
        for (const of of gathered.values()) closeRun(of)
        merging = [...gathered].map(([place, { runs }]) => ({ place, runs }))
        gathered.clear()
        return false
      }
      if (!file(merging)) return false
      streams.change(stream).copy = { ...copy, filed: undefined, unfiledTerms: undefined }
      return true
    },
  }
}
